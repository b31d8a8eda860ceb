using System.Buffers.Binary;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>Writes CBOR (RFC 8949) with maps and lists of indefinite length, as AWS's own servers do: their count is not known before.</summary>
/// <param name="output">Where to.</param>
/// <param name="timesInMilliseconds">Times are whole milliseconds (AWS CBOR 1.1), or seconds with a fraction (rpc-v2-cbor).</param>
internal sealed class CborShapeWriter(PooledBuffer output, bool timesInMilliseconds) : ShapeWriter(output)
{
    private const byte Unsigned = 0 << 5;
    private const byte Negative = 1 << 5;
    private const byte Bytes = 2 << 5;
    private const byte Text = 3 << 5;
    private const byte UnixTime = 0xC1;
    private const byte Break = 0xFF;
    private const int MaxHeadBytes = 9;

    public override void BeginMap() => Output.Write(0xBF);

    public override void WriteKey(ReadOnlySpan<byte> key) => WriteString(key);

    public override void EndMap() => Output.Write(Break);

    public override void BeginList() => Output.Write(0x9F);

    public override void EndList() => Output.Write(Break);

    public override void WriteString(ReadOnlySpan<byte> utf8) => WriteBytes(Text, utf8);

    public override void WriteBlob(ReadOnlySpan<byte> bytes) => WriteBytes(Bytes, bytes);

    public override void WriteInteger(long value) => WriteHead(value < 0 ? Negative : Unsigned, value < 0 ? ~(ulong)value : (ulong)value);

    public override void WriteBoolean(bool value) => Output.Write(value ? (byte)0xF5 : (byte)0xF4);

    public override void WriteTimestamp(long unixMilliseconds)
    {
        Output.Write(UnixTime);
        if (timesInMilliseconds)
        {
            WriteInteger(unixMilliseconds);
            return;
        }

        var span = Output.GetSpan(9);
        span[0] = 0xFB;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], unixMilliseconds / 1000d);
        Output.Advance(9);
    }

    private void WriteBytes(byte major, ReadOnlySpan<byte> bytes)
    {
        var span = Output.GetSpan(MaxHeadBytes + bytes.Length);
        var head = FormatHead(span, major, (ulong)bytes.Length);
        bytes.CopyTo(span[head..]);
        Output.Advance(head + bytes.Length);
    }

    private void WriteHead(byte major, ulong value) => Output.Advance(FormatHead(Output.GetSpan(MaxHeadBytes), major, value));

    private static int FormatHead(Span<byte> span, byte major, ulong value)
    {
        switch (value)
        {
            case < 24:
                span[0] = (byte)(major | value);
                return 1;
            case <= byte.MaxValue:
                span[0] = (byte)(major | 24);
                span[1] = (byte)value;
                return 2;
            case <= ushort.MaxValue:
                span[0] = (byte)(major | 25);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
                return 3;
            case <= uint.MaxValue:
                span[0] = (byte)(major | 26);
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
                return 5;
            default:
                span[0] = (byte)(major | 27);
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
                return MaxHeadBytes;
        }
    }
}
