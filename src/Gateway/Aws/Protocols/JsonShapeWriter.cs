using System.Buffers;
using System.Buffers.Text;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>Writes AWS JSON 1.1: blobs in base64, times as seconds since 1970 with a fraction.</summary>
internal sealed class JsonShapeWriter(PooledBuffer output) : ShapeWriter(output)
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    private bool needsComma;

    public override void BeginMap() => Begin((byte)'{');

    public override void WriteKey(ReadOnlySpan<byte> key)
    {
        WriteString(key);
        Output.Write((byte)':');
        needsComma = false;
    }

    public override void EndMap() => End((byte)'}');

    public override void BeginList() => Begin((byte)'[');

    public override void EndList() => End((byte)']');

    public override void WriteString(ReadOnlySpan<byte> utf8)
    {
        Separate();
        if (utf8.IndexOfAny(Escaped) >= 0)
        {
            WriteEscaped(utf8);
            return;
        }

        var span = Output.GetSpan(utf8.Length + 2);
        span[0] = (byte)'"';
        utf8.CopyTo(span[1..]);
        span[utf8.Length + 1] = (byte)'"';
        Output.Advance(utf8.Length + 2);
    }

    public override void WriteBlob(ReadOnlySpan<byte> bytes)
    {
        Separate();
        var length = Base64.GetMaxEncodedToUtf8Length(bytes.Length);
        var span = Output.GetSpan(length + 2);
        span[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, span[1..], out _, out _);
        span[length + 1] = (byte)'"';
        Output.Advance(length + 2);
    }

    public override void WriteInteger(long value)
    {
        Separate();
        WriteNumber(value);
    }

    public override void WriteBoolean(bool value)
    {
        Separate();
        Output.Write(value ? "true"u8 : "false"u8);
    }

    public override void WriteTimestamp(long unixMilliseconds)
    {
        Separate();
        WriteNumber(unixMilliseconds / 1000);
        var span = Output.GetSpan(4);
        var fraction = (int)Math.Abs(unixMilliseconds % 1000);
        span[0] = (byte)'.';
        span[1] = (byte)('0' + (fraction / 100));
        span[2] = (byte)('0' + (fraction / 10 % 10));
        span[3] = (byte)('0' + (fraction % 10));
        Output.Advance(4);
    }

    private void Begin(byte bracket)
    {
        Separate();
        Output.Write(bracket);
        needsComma = false;
    }

    private void End(byte bracket)
    {
        Output.Write(bracket);
        needsComma = true;
    }

    private void Separate()
    {
        if (needsComma)
        {
            Output.Write((byte)',');
        }

        needsComma = true;
    }

    private void WriteNumber(long value)
    {
        Utf8Formatter.TryFormat(value, Output.GetSpan(20), out var written);
        Output.Advance(written);
    }

    private void WriteEscaped(ReadOnlySpan<byte> utf8)
    {
        Output.Write((byte)'"');
        foreach (var unit in utf8)
        {
            switch (unit)
            {
                case (byte)'"' or (byte)'\\':
                    Output.Write((byte)'\\');
                    Output.Write(unit);
                    break;
                case (byte)'\n':
                    Output.Write("\\n"u8);
                    break;
                case < 0x20:
                    Output.Write("\\u00"u8);
                    Output.Write((byte)('0' + (unit >> 4)));
                    Output.Write((byte)((unit & 15) < 10 ? '0' + (unit & 15) : 'a' + (unit & 15) - 10));
                    break;
                default:
                    Output.Write(unit);
                    break;
            }
        }

        Output.Write((byte)'"');
    }
}
