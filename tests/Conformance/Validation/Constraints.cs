using System.Globalization;
using System.Text.RegularExpressions;
using Broker.Tests.Conformance.Model;

namespace Broker.Tests.Conformance.Validation;

/// <summary>What AWS's validation finds in an input, from the stripped model: written from the captured texts, apart from the broker's own.</summary>
public static class Constraints
{
    private const string Length = "Member must have length ";

    private static readonly ServiceModel Model = ServiceModel.Kinesis;

    /// <summary>Every violation of an operation's input; empty for one that is sound.</summary>
    public static List<Violation> Of(string operation, IDictionary<string, object?> input)
    {
        var found = new List<Violation>();
        Structure(Model.InputOf(operation), input, "", found);
        return found;
    }

    private static void Structure(Shape shape, IDictionary<string, object?> value, string prefix, List<Violation> found)
    {
        foreach (var (name, of) in shape.Members)
        {
            var path = prefix + char.ToLowerInvariant(name[0]) + name[1..];
            if (value.TryGetValue(name, out var member) && member is not null)
            {
                Value(Model.Shapes[of], member, path, found);
            }
            else if (shape.Required.Contains(name))
            {
                found.Add(new Violation(path, Violation.Absent, "Member must not be null"));
            }
        }
    }

    private static void Value(Shape shape, object value, string path, List<Violation> found)
    {
        found.AddRange(Own(shape, value).Select(constraint => constraint with { Path = path }));
        switch (value)
        {
            case IDictionary<string, object?> map when shape.Type == "structure":
                Structure(shape, map, path + ".", found);
                break;
            case IDictionary<string, object?> map:
                Inner("Map keys must satisfy constraint: ", Model.Shapes[shape.Key!], map.Keys);
                Inner("Map value must satisfy constraint: ", Model.Shapes[shape.Value!], map.Values);
                break;
            case List<object?> list when Model.Shapes[shape.Member!] is { Type: "structure" } member:
                for (var i = 0; i < list.Count; i++)
                {
                    Structure(member, (IDictionary<string, object?>)list[i]!, $"{path}.{(i + 1).ToString(CultureInfo.InvariantCulture)}.member.", found);
                }

                break;
            case List<object?> list:
                Inner("Member must satisfy constraint: ", Model.Shapes[shape.Member!], list);
                break;
        }

        // A list or map of strings is told as one value, with all that is demanded of its elements.
        void Inner(string lead, Shape element, IEnumerable<object?> elements)
        {
            if (elements.Any(each => each is not null && Own(element, each).Any()))
            {
                found.Add(new Violation(path, null, $"{lead}[{string.Join(", ", Demands(element))}]", element.Enum));
            }
        }
    }

    private static IEnumerable<string> Demands(Shape shape)
    {
        if (shape.Max is { } max)
        {
            yield return $"{Length}less than or equal to {max}";
        }

        if (shape.Min is { } min)
        {
            yield return $"{Length}greater than or equal to {min}";
        }

        if (shape.Pattern is { } pattern)
        {
            yield return $"Member must satisfy regular expression pattern: {pattern}";
        }

        if (shape.Enum is not null)
        {
            yield return $"Member must satisfy enum value set: {Violation.EnumMark}";
        }
    }

    private static IEnumerable<Violation> Own(Shape shape, object value)
    {
        var (size, unit) = value switch
        {
            string text => (text.Length, Length),
            byte[] bytes => (bytes.Length, Length),
            List<object?> list => (list.Count, Length),
            IDictionary<string, object?> map => (map.Count, Length),
            long or int => (Convert.ToInt64(value, CultureInfo.InvariantCulture), "Member must have value "),
            _ => (0L, Length),
        };
        var printed = Print(value);
        if (size < shape.Min)
        {
            yield return new Violation("", printed, $"{unit}greater than or equal to {shape.Min}");
        }

        if (size > shape.Max)
        {
            yield return new Violation("", printed, $"{unit}less than or equal to {shape.Max}");
        }

        if (shape.Pattern is { } pattern && !Regex.IsMatch((string)value, $@"\A(?:{pattern})\z"))
        {
            yield return new Violation("", printed, $"Member must satisfy regular expression pattern: {pattern}");
        }

        if (shape.Enum is { } values && !values.Contains((string)value))
        {
            yield return new Violation("", printed, $"Member must satisfy enum value set: {Violation.EnumMark}", values);
        }
    }

    private static string? Print(object value) => value switch
    {
        byte[] bytes => $"java.nio.HeapByteBuffer[pos=0 lim={bytes.Length} cap={bytes.Length}]",
        List<object?> { Count: 0 } => "[]",
        IDictionary<string, object?> { Count: 0 } => "{}",
        List<object?> or IDictionary<string, object?> => null,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
