using System.Collections;
using System.Globalization;
using Broker.Gateway.Aws.Errors;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>Checks a request against its shape and tells all violations in one message, worded and ordered as AWS does.</summary>
/// <remarks>AWS stops counting at ten. Captured sentences and orders: mhart/kinesalite, validations.</remarks>
internal sealed class ShapeValidator
{
    private const int MaxViolations = 10;

    /// <summary>Of a value that a client sent; an answer must not be as large as what it refuses.</summary>
    private const int MaxShownLength = 8 * 1024;

    private readonly List<string> violations = new(0);

    public bool IsFull => violations.Count >= MaxViolations;

    /// <exception cref="AwsException">ValidationException.</exception>
    public static void Check(Shape shape, object value)
    {
        var validator = new ShapeValidator();
        validator.Visit(shape, value, "");
        validator.ThrowIfAny();
    }

    /// <summary>As <see cref="Check(Shape, object)"/>, but for members that are known to be sound.</summary>
    /// <exception cref="AwsException">ValidationException.</exception>
    public static void Check(Shape shape, object value, ReadOnlySpan<string> sound)
    {
        var validator = new ShapeValidator();
        foreach (var member in shape.Members)
        {
            if (!sound.Contains(member.Name))
            {
                validator.Visit(member, member.Get(value), "");
            }
        }

        validator.ThrowIfAny();
    }

    /// <exception cref="AwsException">ValidationException.</exception>
    public void ThrowIfAny()
    {
        if (violations.Count > 0)
        {
            throw AwsException.Validation(
                $"{violations.Count} validation error{(violations.Count > 1 ? "s" : "")} detected: {string.Join("; ", violations)}");
        }
    }

    public void Visit(Shape shape, object value, string path)
    {
        foreach (var member in shape.Members)
        {
            Visit(member, member.Get(value), path);
        }
    }

    public void Visit(ShapeMember member, object? value, string path)
    {
        var place = path + member.Path;
        if (value is null)
        {
            if (member.IsRequired)
            {
                Add(null, place, "Member must not be null");
            }

            return;
        }

        if (member.Shape.Kind != ShapeKind.List)
        {
            VisitText(member, value, place);
        }

        if (member.Bounds is { } bounds)
        {
            VisitBounds(member.Shape.Kind, bounds, value, place);
        }

        switch (member.Shape.Kind)
        {
            case ShapeKind.List:
                VisitList(member, (IList)value, place);
                break;
            case ShapeKind.Map:
                VisitMap(member, (Dictionary<string, string>)value, place);
                break;
            case ShapeKind.Structure:
                Visit(member.Shape, value, place + ".");
                break;
        }
    }

    public void Add(string? value, string place, string rule)
    {
        if (!IsFull)
        {
            var shown = value is { Length: > MaxShownLength } ? $"{value.AsSpan(0, MaxShownLength)}..." : value;
            violations.Add($"Value {(shown is null ? "null" : $"'{shown}'")} at '{place}' failed to satisfy constraint: {rule}");
        }
    }

    private void VisitText(ShapeMember member, object value, string place)
    {
        if (value is not string text)
        {
            return;
        }

        if (member.Values is { } values && !values.Contains(text))
        {
            Add(text, place, EnumRule(values));
        }

        if (member.Expression is { } expression && !expression.IsMatch(text))
        {
            Add(text, place, $"Member must satisfy regular expression pattern: {member.Pattern}");
        }
    }

    private void VisitBounds(ShapeKind kind, BoundsAttribute bounds, object value, string place)
    {
        var (size, what, text) = kind switch
        {
            ShapeKind.String => (((string)value).Length, "length", (string)value),
            ShapeKind.Blob => (((Blob)value).Length, "length", value.ToString()!),
            ShapeKind.List => (((IList)value).Count, "length", ToText((IList)value)),
            ShapeKind.Map => (((IDictionary)value).Count, "length", ToText((Dictionary<string, string>)value)),
            _ => (Convert.ToInt64(value, CultureInfo.InvariantCulture), "value", Convert.ToString(value, CultureInfo.InvariantCulture)!),
        };
        if (bounds.Min >= 0 && size < bounds.Min)
        {
            Add(text, place, $"Member must have {what} greater than or equal to {bounds.Min}");
        }

        if (bounds.Max >= 0 && size > bounds.Max)
        {
            Add(text, place, $"Member must have {what} less than or equal to {bounds.Max}");
        }
    }

    private void VisitList(ShapeMember member, IList list, string place)
    {
        if (member.Shape.Element!.Kind == ShapeKind.Structure)
        {
            for (var i = 0; i < list.Count && !IsFull; i++)
            {
                Visit(member.Shape.Element, list[i]!, $"{place}.{i + 1}.member.");
            }

            return;
        }

        if (member.EachBounds is { } each && list.Cast<string>().Any(text => text.Length < each.Min || text.Length > each.Max))
        {
            Add(ToText(list), place, $"Member must satisfy constraint: [{LengthRule(each.Min, each.Max)}]");
        }

        if (member.Values is { } values && list.Cast<string>().Any(text => !values.Contains(text)))
        {
            Add(ToText(list), place, $"Member must satisfy constraint: [{EnumRule(values)}]");
        }
    }

    private void VisitMap(ShapeMember member, Dictionary<string, string> map, string place)
    {
        if (member.EachBounds is { } keys && map.Keys.Any(key => key.Length < keys.Min || key.Length > keys.Max))
        {
            Add(ToText(map), place, $"Map keys must satisfy constraint: [{LengthRule(keys.Min, keys.Max)}]");
        }

        if (member.ValueBounds is { } values && map.Values.Any(value => value.Length < values.Min || value.Length > values.Max))
        {
            Add(ToText(map), place, $"Map value must satisfy constraint: [{LengthRule(values.Min, values.Max)}]");
        }
    }

    private static string EnumRule(string[] values) => $"Member must satisfy enum value set: [{string.Join(", ", values)}]";

    private static string LengthRule(int min, int max) =>
        $"Member must have length less than or equal to {max}, Member must have length greater than or equal to {min}";

    private static string ToText(IList list) => $"[{string.Join(", ", list.Cast<object>())}]";

    private static string ToText(Dictionary<string, string> map) => $"{{{string.Join(", ", map.Select(pair => $"{pair.Key}={pair.Value}"))}}}";
}
