using System.Text;
using Broker.Gateway.Aws.Protocols;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>Writes a body value by value in one protocol. Nothing is allocated a value but for texts that are no bytes yet.</summary>
internal abstract class ShapeWriter(PooledBuffer output)
{
    protected PooledBuffer Output { get; } = output;

    public abstract void BeginMap();

    /// <param name="key">ASCII that needs no escape, or any text of a client's.</param>
    public abstract void WriteKey(ReadOnlySpan<byte> key);

    public abstract void EndMap();

    public abstract void BeginList();

    public abstract void EndList();

    /// <param name="utf8">Valid UTF-8.</param>
    public abstract void WriteString(ReadOnlySpan<byte> utf8);

    public abstract void WriteBlob(ReadOnlySpan<byte> bytes);

    public abstract void WriteInteger(long value);

    public abstract void WriteBoolean(bool value);

    public abstract void WriteTimestamp(long unixMilliseconds);

    public void WriteString(string value)
    {
        if (value.Length > 256)
        {
            WriteString(Encoding.UTF8.GetBytes(value));
            return;
        }

        Span<byte> bytes = stackalloc byte[value.Length * 3];
        WriteString(bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
    }

    /// <summary>Digits and the like.</summary>
    public void WriteAscii(ReadOnlySpan<char> value)
    {
        Span<byte> bytes = stackalloc byte[128];
        WriteString(bytes[..Encoding.ASCII.GetBytes(value, bytes)]);
    }
}
