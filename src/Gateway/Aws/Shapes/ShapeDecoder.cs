using System.Collections;
using System.Text;
using Broker.Gateway.Aws.Errors;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>Reads an object of a shape. What the shape does not know is passed over; what is of another type is refused, as AWS words it.</summary>
internal static class ShapeDecoder
{
    /// <exception cref="AwsException">SerializationException.</exception>
    public static object? Decode<TReader>(ref TReader reader, Shape shape)
        where TReader : struct, IShapeReader, allows ref struct
    {
        var token = reader.Token;
        if (token == ShapeToken.Null)
        {
            reader.Skip();
            return null;
        }

        if (token == ShapeToken.String && shape.Kind == ShapeKind.Boolean)
        {
            return ParseBoolean(reader.ReadString());
        }

        if (WrongType(token, shape.Kind) is { } wrong)
        {
            throw AwsException.Serialization(wrong);
        }

        switch (shape.Kind)
        {
            case ShapeKind.String:
                return reader.ReadString();
            case ShapeKind.Boolean:
                return reader.ReadBoolean();
            case ShapeKind.Integer:
                return (int)Math.Clamp(Math.Floor(reader.ReadNumber()), int.MinValue, int.MaxValue);
            case ShapeKind.Long:
                return (long)Math.Clamp(Math.Floor(reader.ReadNumber()), long.MinValue, long.MaxValue);
            case ShapeKind.Timestamp:
                return ToTime(reader.ReadTimestamp());
            case ShapeKind.Blob:
                return DecodeBlob(ref reader);
            case ShapeKind.List:
                return DecodeList(ref reader, shape);
            case ShapeKind.Map:
                return DecodeMap(ref reader);
            default:
                var instance = Activator.CreateInstance(shape.Type)!;
                reader.BeginMap();
                while (reader.TryReadKey())
                {
                    if (FindMember(shape, reader.Key) is { } member)
                    {
                        member.Set(instance, Decode(ref reader, member.Shape));
                    }
                    else
                    {
                        reader.Skip();
                    }
                }

                return instance;
        }
    }

    /// <summary>What is wrong with a token where a kind is expected; null for nothing.</summary>
    public static string? WrongType(ShapeToken token, ShapeKind kind)
    {
        switch (token)
        {
            case ShapeToken.List:
                return kind == ShapeKind.List ? null : "Start of list found where not expected";
            case ShapeToken.Map:
                return kind is ShapeKind.Map or ShapeKind.Structure ? null : "Start of structure or map found where not expected.";
        }

        var isRight = kind switch
        {
            ShapeKind.String => token == ShapeToken.String,
            ShapeKind.Boolean => token == ShapeToken.Boolean,
            ShapeKind.Blob => token is ShapeToken.String or ShapeToken.Blob,
            ShapeKind.Integer or ShapeKind.Long => token == ShapeToken.Number,
            ShapeKind.Timestamp => token is ShapeToken.Number or ShapeToken.Timestamp,
            _ => false,
        };
        return isRight ? null : kind switch
        {
            ShapeKind.List => "Expected list or null",
            ShapeKind.Map => "Expected map or null",
            ShapeKind.Structure => "Expected null",
            ShapeKind.Timestamp => $"{JavaClass(token)} can not be converted to milliseconds since epoch",
            ShapeKind.Blob => $"{JavaClass(token)} can not be converted to a Blob",
            _ => $"{JavaClass(token)} can not be converted to an {kind}",
        };
    }

    /// <summary>The sentences are AWS's, whose servers tell the class that they read a value into.</summary>
    public static string JavaClass(ShapeToken token) => token switch
    {
        ShapeToken.Boolean => "class java.lang.Boolean",
        ShapeToken.Number => "class com.amazon.coral.value.json.numbers.TruncatingBigNumber",
        ShapeToken.String => "class java.lang.String",
        ShapeToken.Blob => "class java.nio.HeapByteBuffer",
        ShapeToken.Timestamp => "class java.util.Date",
        _ => "null",
    };

    /// <summary>Reads a blob, which stays where it is in the body.</summary>
    public static Blob DecodeBlob<TReader>(ref TReader reader)
        where TReader : struct, IShapeReader, allows ref struct
    {
        var encoded = reader.ReadBlob(out var isBase64);
        return new Blob(encoded, isBase64, isBase64 ? Base64Texts.Measure(encoded.Span) : encoded.Length);
    }

    /// <summary>The member of a key; null where the shape has none.</summary>
    public static ShapeMember? FindMember(Shape shape, ReadOnlySpan<byte> key)
    {
        foreach (var member in shape.Members)
        {
            if (key.SequenceEqual(member.EncodedName))
            {
                return member;
            }
        }

        return null;
    }

    private static IList DecodeList<TReader>(ref TReader reader, Shape shape)
        where TReader : struct, IShapeReader, allows ref struct
    {
        var list = (IList)Activator.CreateInstance(shape.Type)!;
        reader.BeginList();
        while (reader.TryReadElement())
        {
            if (Decode(ref reader, shape.Element!) is { } element)
            {
                list.Add(element);
            }
        }

        return list;
    }

    private static Dictionary<string, string> DecodeMap<TReader>(ref TReader reader)
        where TReader : struct, IShapeReader, allows ref struct
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var text = Shape.Of(typeof(string));
        reader.BeginMap();
        while (reader.TryReadKey())
        {
            var key = Encoding.UTF8.GetString(reader.Key);
            if (Decode(ref reader, text) is string value)
            {
                map[key] = value;
            }
        }

        return map;
    }

    /// <summary>AWS takes these words for booleans too, and names others in upper case.</summary>
    private static bool ParseBoolean(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "1" => true,
        "FALSE" or "NO" or "0" => false,
        var other => throw AwsException.Serialization($"'{other}' can not be converted to an Boolean"),
    };

    private static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
        milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
