using System.Text.Json;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>Reads AWS JSON 1.1. Texts with escapes are unescaped in place: the body is the reader's to change.</summary>
internal ref struct JsonShapeReader : IShapeReader
{
    private readonly Memory<byte> body;
    private Utf8JsonReader reader;
    private ReadOnlySpan<byte> key;

    public JsonShapeReader(Memory<byte> body)
    {
        this.body = body;
        reader = new Utf8JsonReader(body.Span);
        Advance();
    }

    public readonly ShapeToken Token => reader.TokenType switch
    {
        JsonTokenType.StartObject => ShapeToken.Map,
        JsonTokenType.StartArray => ShapeToken.List,
        JsonTokenType.String => ShapeToken.String,
        JsonTokenType.Number => ShapeToken.Number,
        JsonTokenType.True or JsonTokenType.False => ShapeToken.Boolean,
        _ => ShapeToken.Null,
    };

    public readonly ReadOnlySpan<byte> Key => key;

    public readonly void BeginMap()
    {
    }

    public bool TryReadKey()
    {
        Advance();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        key = ReadStringBytes().Span;
        Advance();
        return true;
    }

    public readonly void BeginList()
    {
    }

    public bool TryReadElement()
    {
        Advance();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    public readonly string ReadString()
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw AwsException.Serialization(null);
        }
    }

    public readonly bool ReadBoolean() => reader.GetBoolean();

    public readonly double ReadNumber() => reader.TryGetDouble(out var number) ? number : throw AwsException.Serialization(null);

    public readonly long ReadTimestamp() => (long)Math.Clamp(Math.Round(ReadNumber() * 1000), long.MinValue, long.MaxValue);

    public readonly ReadOnlyMemory<byte> ReadStringBytes()
    {
        var start = (int)reader.TokenStartIndex + 1;
        if (!reader.ValueIsEscaped)
        {
            return body.Slice(start, reader.ValueSpan.Length);
        }

        // What is unescaped is never longer, and the reader does not look back.
        var copy = new byte[reader.ValueSpan.Length];
        try
        {
            var length = reader.CopyString(copy);
            copy.AsSpan(0, length).CopyTo(body.Span[start..]);
            return body.Slice(start, length);
        }
        catch (InvalidOperationException)
        {
            throw AwsException.Serialization(null);
        }
    }

    public readonly ReadOnlyMemory<byte> ReadBlob(out bool isBase64)
    {
        isBase64 = true;
        return ReadStringBytes();
    }

    public void Skip()
    {
        try
        {
            reader.Skip();
        }
        catch (JsonException)
        {
            throw AwsException.Serialization(null);
        }
    }

    /// <summary>Nothing may come after the document.</summary>
    public void End()
    {
        try
        {
            if (reader.Read())
            {
                throw AwsException.Serialization(null);
            }
        }
        catch (JsonException)
        {
            throw AwsException.Serialization(null);
        }
    }

    private void Advance()
    {
        try
        {
            if (!reader.Read())
            {
                throw AwsException.Serialization(null);
            }
        }
        catch (JsonException)
        {
            throw AwsException.Serialization(null);
        }
    }
}
