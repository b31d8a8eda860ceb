using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>One member of a structure, with the constraints that AWS's model puts on it.</summary>
internal sealed class ShapeMember
{
    private readonly PropertyInfo property;

    public ShapeMember(PropertyInfo property)
    {
        this.property = property;
        Name = property.Name;
        EncodedName = Encoding.UTF8.GetBytes(Name);
        Path = char.ToLowerInvariant(Name[0]) + Name[1..];
        Shape = Shape.Of(property.PropertyType);
        IsRequired = property.IsDefined(typeof(RequiredAttribute));
        Pattern = property.GetCustomAttribute<PatternAttribute>()?.Pattern;
        Expression = Pattern is null ? null : new Regex($@"\A(?:{Pattern})\z", RegexOptions.CultureInvariant | OptionsFor(Pattern));
        Values = property.GetCustomAttribute<OneOfAttribute>()?.Values;
        Bounds = property.GetCustomAttribute<BoundsAttribute>();
        EachBounds = property.GetCustomAttribute<EachBoundsAttribute>();
        ValueBounds = property.GetCustomAttribute<ValueBoundsAttribute>();
    }

    /// <summary>As on the wire.</summary>
    public string Name { get; }

    public byte[] EncodedName { get; }

    /// <summary>As in messages: its first letter is small.</summary>
    public string Path { get; }

    public Shape Shape { get; }

    public bool IsRequired { get; }

    public string? Pattern { get; }

    public Regex? Expression { get; }

    public string[]? Values { get; }

    public BoundsAttribute? Bounds { get; }

    public EachBoundsAttribute? EachBounds { get; }

    public ValueBoundsAttribute? ValueBounds { get; }

    /// <summary>Where a pattern can be matched in several ways, a long text of a client's must not make it try them all.</summary>
    private static RegexOptions OptionsFor(string pattern) =>
        pattern.Contains(".*", StringComparison.Ordinal) ? RegexOptions.NonBacktracking : RegexOptions.Compiled;

    public object? Get(object owner) => property.GetValue(owner);

    public void Set(object owner, object? value) => property.SetValue(owner, value);
}
