using System.Collections.Concurrent;
using System.Reflection;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>What a type of ours is on AWS's wire; made once from its properties, whose names and order are AWS's.</summary>
/// <remarks>Reading, checking and writing in all protocols follow from it. Immutable; thread-safe.</remarks>
internal sealed class Shape
{
    private static readonly ConcurrentDictionary<Type, Shape> Known = new();

    private Shape(Type type, ShapeKind kind)
    {
        Type = type;
        Kind = kind;
    }

    public Type Type { get; }

    public ShapeKind Kind { get; }

    /// <summary>Of a list's elements, or a map's values; keys are texts.</summary>
    public Shape? Element { get; private set; }

    /// <summary>Of a structure, in AWS's order.</summary>
    public ShapeMember[] Members { get; private set; } = [];

    public static Shape Of(Type type) => Known.GetOrAdd(type, Make);

    public ShapeMember? Find(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
            {
                return member;
            }
        }

        return null;
    }

    private static Shape Make(Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(string))
        {
            return new Shape(type, ShapeKind.String);
        }

        if (type == typeof(int))
        {
            return new Shape(type, ShapeKind.Integer);
        }

        if (type == typeof(long))
        {
            return new Shape(type, ShapeKind.Long);
        }

        if (type == typeof(bool))
        {
            return new Shape(type, ShapeKind.Boolean);
        }

        if (type == typeof(DateTimeOffset))
        {
            return new Shape(type, ShapeKind.Timestamp);
        }

        if (type == typeof(Blob))
        {
            return new Shape(type, ShapeKind.Blob);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            return new Shape(type, ShapeKind.List) { Element = Of(type.GenericTypeArguments[0]) };
        }

        if (type == typeof(Dictionary<string, string>))
        {
            return new Shape(type, ShapeKind.Map) { Element = Of(typeof(string)) };
        }

        // What a base declares (a stream, by its names) comes after what the operation declares, as AWS counts them.
        var levels = new List<Type>();
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            levels.Add(level);
        }

        return new Shape(type, ShapeKind.Structure)
        {
            Members = [.. levels.SelectMany(level => level
                .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Select(property => new ShapeMember(property)))],
        };
    }
}
