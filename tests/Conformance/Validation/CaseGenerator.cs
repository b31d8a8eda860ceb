using Broker.Tests.Conformance.Model;

namespace Broker.Tests.Conformance.Validation;

/// <summary>For every member of an operation's input the requests that are wrong in one way: too short, too long, out of range, of a wrong
/// pattern, enum or type, and missing.</summary>
public static class CaseGenerator
{
    private const string Number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to ";
    private const string Boolean = "class java.lang.Boolean can not be converted to ";
    private const string Text = "class java.lang.String can not be converted to ";
    private const string List = "Start of list found where not expected";
    private const string Structure = "Start of structure or map found where not expected.";

    private static readonly ServiceModel Model = ServiceModel.Kinesis;

    /// <summary>Values that satisfy shapes whose constraints do not tell how.</summary>
    private static readonly Dictionary<string, string> Sound = new()
    {
        ["StreamName"] = "none-such",
        ["StreamARN"] = "arn:aws:kinesis:us-east-1:000000000000:stream/none-such",
        ["ResourceARN"] = "arn:aws:kinesis:us-east-1:000000000000:stream/none-such",
        ["ConsumerARN"] = "arn:aws:kinesis:us-east-1:000000000000:stream/none-such/consumer/c:1",
        ["StreamId"] = "aaaaaaaaaaaaaaaaaaaa-aaa",
        ["ShardId"] = "shardId-000000000000",
        ["HashKey"] = "0",
        ["SequenceNumber"] = "0",
    };

    /// <summary>An input that satisfies the model, about a stream that is not there.</summary>
    public static Dictionary<string, object?> SoundInput(string operation)
    {
        var shape = Model.InputOf(operation);
        var input = SoundStructure(shape);
        if (shape.Members.ContainsKey("StreamName"))
        {
            input["StreamName"] = Sound["StreamName"];
        }

        return input;
    }

    /// <summary>All cases of an operation; those with wrong types are as they look in JSON.</summary>
    public static IEnumerable<RequestCase> Of(string operation)
    {
        var shape = Model.InputOf(operation);
        foreach (var (member, of) in shape.Members)
        {
            foreach (var (what, value, message) in Wrong(of))
            {
                var input = SoundInput(operation);
                input[member] = value;
                yield return new RequestCase($"{operation}.{member}: {what}", input, message is null ? Constraints.Of(operation, input) : [], message);
            }
        }

        foreach (var member in shape.Required)
        {
            var input = SoundInput(operation);
            input.Remove(member);
            yield return new RequestCase($"{operation} without {member}", input, Constraints.Of(operation, input));
        }

        if (shape.Required.Length > 0)
        {
            yield return new RequestCase($"{operation} of nothing", new Dictionary<string, object?>(), Constraints.Of(operation, new Dictionary<string, object?>()));
        }

        // All that is wrong is told at once.
        var worst = SoundInput(operation);
        foreach (var (member, of) in shape.Members)
        {
            if (Wrong(of).FirstOrDefault(wrong => wrong.Message is null) is { What: not null } wrong)
            {
                worst[member] = wrong.Value;
            }
        }

        if (Constraints.Of(operation, worst) is { Count: > 0 and <= 10 } violations)
        {
            yield return new RequestCase($"{operation} with every member wrong", worst, violations);
        }
    }

    private static IEnumerable<(string What, object? Value, string? Message)> Wrong(string name)
    {
        var shape = Model.Shapes[name];
        foreach (var (what, value) in Unfit(name, shape))
        {
            yield return (what, value, null);
        }

        foreach (var (what, value, message) in Mistyped(shape))
        {
            yield return (what, value, message);
        }

        switch (shape.Type)
        {
            case "structure":
                foreach (var (member, of) in shape.Members)
                {
                    foreach (var (what, value, message) in Wrong(of))
                    {
                        var structure = SoundStructure(shape);
                        structure[member] = value;
                        yield return ($"{member}: {what}", structure, message);
                    }
                }

                foreach (var member in shape.Required)
                {
                    var structure = SoundStructure(shape);
                    structure.Remove(member);
                    yield return ($"without {member}", structure, null);
                }

                break;
            case "list":
                foreach (var (what, value, message) in Wrong(shape.Member!))
                {
                    yield return ($"second element {what}", new List<object?> { SoundValue(shape.Member!), value }, message);
                }

                break;
            case "map":
                foreach (var (what, value, message) in Wrong(shape.Value!))
                {
                    yield return ($"value {what}", new Dictionary<string, object?> { ["a"] = SoundValue(shape.Value!), ["b"] = value }, message);
                }

                foreach (var (what, value) in Unfit(shape.Key!, Model.Shapes[shape.Key!]))
                {
                    yield return ($"key {what}", new Dictionary<string, object?> { [(string)value] = "v" }, null);
                }

                break;
        }
    }

    private static IEnumerable<(string What, object Value)> Unfit(string name, Shape shape)
    {
        switch (shape.Type)
        {
            case "string":
                if (shape.Min > 0)
                {
                    yield return ("empty", "");
                }

                if (shape.Max is { } longest)
                {
                    yield return ("too long", Sound.GetValueOrDefault(name, "") + new string('a', (int)longest + 1));
                }

                if (shape.Pattern is not null)
                {
                    yield return ("of a wrong pattern", "not ! this");
                }

                if (shape.Enum is not null)
                {
                    yield return ("not of the enum", "NONE_OF_THEM");
                }

                break;
            case "integer" or "long":
                if (shape.Min is { } least)
                {
                    yield return ("too small", least - 1);
                }

                if (shape.Max is { } most)
                {
                    yield return ("too large", most + 1);
                }

                break;
            case "blob" when shape.Max is { } bytes:
                yield return ("too long", new byte[bytes + 1]);
                break;
            case "list":
                if (shape.Min > 0)
                {
                    yield return ("empty", new List<object?>());
                }

                if (shape.Max is { } entries)
                {
                    yield return ("too long", Enumerable.Range(0, (int)entries + 1).Select(_ => SoundValue(shape.Member!)).ToList());
                }

                break;
            case "map":
                if (shape.Min > 0)
                {
                    yield return ("empty", new Dictionary<string, object?>());
                }

                if (shape.Max is { } pairs)
                {
                    yield return ("too long", Enumerable.Range(0, (int)pairs + 1).ToDictionary(i => $"k{i}", _ => SoundValue(shape.Value!)));
                }

                break;
        }
    }

    private static (string What, object? Value, string Message)[] Mistyped(Shape shape)
    {
        var list = ("a list", (object?)new List<object?>(), List);
        var map = ("a map", (object?)new Dictionary<string, object?>(), Structure);
        return shape.Type switch
        {
            "string" => [("true", true, Boolean + "an String"), ("a number", 23L, Number + "an String"), list, map],
            "integer" => [("text", "23", Text + "an Integer"), ("true", true, Boolean + "an Integer"), list, map],
            "long" => [("text", "23", Text + "an Long"), ("true", true, Boolean + "an Long"), list, map],
            "boolean" => [("a number", 23L, Number + "an Boolean"), ("text", "hello", "'HELLO' can not be converted to an Boolean"), list, map],
            "timestamp" =>
            [
                ("text", "23", Text + "milliseconds since epoch"), ("true", true, Boolean + "milliseconds since epoch"), list, map,
            ],
            "blob" =>
            [
                ("true", true, Boolean + "a Blob"), ("a number", 23L, Number + "a Blob"), list, map,
                ("of a wrong length", "23456", "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
                ("not in base64", "=+/=", "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
            ],
            "list" => [("text", "23", "Expected list or null"), ("true", true, "Expected list or null"), ("a number", 23L, "Expected list or null"), map],
            "map" => [("text", "23", "Expected map or null"), ("true", true, "Expected map or null"), ("a number", 23L, "Expected map or null"), list],
            _ => [("text", "23", "Expected null"), ("true", true, "Expected null"), ("a number", 23L, "Expected null"), list],
        };
    }

    private static Dictionary<string, object?> SoundStructure(Shape shape) =>
        shape.Required.ToDictionary(member => member, member => SoundValue(shape.Members[member]));

    private static object? SoundValue(string name)
    {
        var shape = Model.Shapes[name];
        return shape.Type switch
        {
            "string" => Sound.GetValueOrDefault(name, shape.Enum?[0] ?? "a"),
            "integer" or "long" => shape.Min ?? 24,
            "blob" => new byte[] { 1 },
            "boolean" => false,
            "timestamp" => DateTimeOffset.UnixEpoch,
            "list" => new List<object?> { SoundValue(shape.Member!) },
            "map" => new Dictionary<string, object?> { ["k"] = SoundValue(shape.Value!) },
            _ => SoundStructure(shape),
        };
    }
}
