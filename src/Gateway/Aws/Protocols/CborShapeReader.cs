using System.Formats.Cbor;
using System.Text;
using System.Text.Unicode;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>Reads CBOR, definite or not. Times are tag 1 over a number, in a unit that the protocol decides.</summary>
/// <param name="body">One document.</param>
/// <param name="secondsPerUnit">Of numbers under tag 1: 0.001 in AWS CBOR 1.1, 1 in rpc-v2-cbor.</param>
internal struct CborShapeReader(ReadOnlyMemory<byte> body, double secondsPerUnit) : IShapeReader
{
    /// <summary>As deep as JSON may be.</summary>
    private const int MaxDepth = 64;

    private readonly CborReader reader = new(body, CborConformanceMode.Lax);
    private ReadOnlyMemory<byte> key;

    public readonly ShapeToken Token => Guard(static reader => reader.PeekState()) switch
    {
        CborReaderState.StartMap => ShapeToken.Map,
        CborReaderState.StartArray => ShapeToken.List,
        CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString => ShapeToken.String,
        CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString => ShapeToken.Blob,
        CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger => ShapeToken.Number,
        CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat => ShapeToken.Number,
        CborReaderState.Boolean => ShapeToken.Boolean,
        CborReaderState.Null => ShapeToken.Null,
        CborReaderState.Tag => ShapeToken.Timestamp,
        _ => throw AwsException.Serialization(null),
    };

    public readonly ReadOnlySpan<byte> Key => key.Span;

    public readonly void BeginMap() => Guard(static reader => reader.ReadStartMap());

    public bool TryReadKey()
    {
        if (Guard(static reader => reader.PeekState()) == CborReaderState.EndMap)
        {
            Guard(static reader =>
            {
                reader.ReadEndMap();
                return true;
            });
            return false;
        }

        key = ReadStringBytes();
        return true;
    }

    public readonly void BeginList() => Guard(static reader => reader.ReadStartArray());

    public readonly bool TryReadElement()
    {
        if (Guard(static reader => reader.PeekState()) == CborReaderState.EndArray)
        {
            Guard(static reader =>
            {
                reader.ReadEndArray();
                return true;
            });
            return false;
        }

        return true;
    }

    public readonly string ReadString() => Encoding.UTF8.GetString(ReadStringBytes().Span);

    public readonly bool ReadBoolean() => Guard(static reader => reader.ReadBoolean());

    public readonly double ReadNumber() => Guard(static reader => reader.PeekState() switch
    {
        CborReaderState.UnsignedInteger => reader.ReadUInt64(),
        CborReaderState.NegativeInteger => -1d - reader.ReadCborNegativeIntegerRepresentation(),
        _ => reader.ReadDouble(),
    });

    public readonly long ReadTimestamp()
    {
        if (Token == ShapeToken.Timestamp && Guard(static reader => reader.ReadTag()) != CborTag.UnixTimeSeconds)
        {
            throw AwsException.Serialization(null);
        }

        return Token == ShapeToken.Number && ReadNumber() is var time && !double.IsNaN(time)
            ? (long)Math.Clamp(Math.Round(time * secondsPerUnit * 1000), long.MinValue, long.MaxValue)
            : throw AwsException.Serialization(null);
    }

    public readonly ReadOnlyMemory<byte> ReadStringBytes()
    {
        var bytes = Guard(static reader => reader.PeekState() == CborReaderState.TextString
            ? reader.ReadDefiniteLengthTextStringBytes()
            : Encoding.UTF8.GetBytes(reader.ReadTextString()));
        return Utf8.IsValid(bytes.Span) ? bytes : throw AwsException.Serialization(null);
    }

    public readonly ReadOnlyMemory<byte> ReadBlob(out bool isBase64)
    {
        isBase64 = Token == ShapeToken.String;
        return isBase64 ? ReadStringBytes() : Guard(static reader => reader.PeekState() == CborReaderState.ByteString
            ? reader.ReadDefiniteLengthByteString()
            : reader.ReadByteString());
    }

    public readonly void Skip() => Guard(static reader =>
    {
        // The reader's own way of skipping keeps a frame for each level that a body opens, however many.
        var depth = 0;
        while (true)
        {
            switch (reader.PeekState())
            {
                case CborReaderState.StartMap:
                    depth = depth < MaxDepth ? depth + 1 : throw AwsException.Serialization(null);
                    reader.ReadStartMap();
                    break;
                case CborReaderState.StartArray:
                    depth = depth < MaxDepth ? depth + 1 : throw AwsException.Serialization(null);
                    reader.ReadStartArray();
                    break;
                case CborReaderState.EndMap:
                    depth--;
                    reader.ReadEndMap();
                    break;
                case CborReaderState.EndArray:
                    depth--;
                    reader.ReadEndArray();
                    break;
                case CborReaderState.Tag:
                    // What it is about comes next.
                    reader.ReadTag();
                    continue;
                default:
                    reader.SkipValue();
                    break;
            }

            if (depth == 0)
            {
                return true;
            }
        }
    });

    /// <summary>Nothing may come after the document.</summary>
    public readonly void End()
    {
        if (reader.BytesRemaining > 0)
        {
            throw AwsException.Serialization(null);
        }
    }

    private readonly T Guard<T>(Func<CborReader, T> read)
    {
        try
        {
            return read(reader);
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw AwsException.Serialization(null);
        }
    }
}
