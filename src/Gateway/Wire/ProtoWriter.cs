using System.Numerics;
using System.Text;

namespace Broker.Gateway.Wire;

/// <summary>Writes protobuf fields into a span that is known to be large enough.</summary>
internal ref struct ProtoWriter(Span<byte> destination)
{
    private readonly Span<byte> destination = destination;

    public int Written { get; private set; }

    public static int VarintLength(ulong value) => (70 - BitOperations.LeadingZeroCount(value | 1)) / 7;

    /// <summary>Bytes of a field whose value is a run of bytes; fields are numbered below 16.</summary>
    public static int BytesFieldLength(int length) => 1 + VarintLength((ulong)length) + length;

    /// <summary>As <see cref="BytesFieldLength"/>, absent where empty.</summary>
    public static int OptionalBytesFieldLength(int length) => length == 0 ? 0 : BytesFieldLength(length);

    /// <summary>Bytes of a number's field; absent where 0.</summary>
    public static int VarintFieldLength(ulong value) => value == 0 ? 0 : 1 + VarintLength(value);

    public void VarintField(int field, ulong value)
    {
        if (value != 0)
        {
            destination[Written++] = (byte)(field << 3);
            Varint(value);
        }
    }

    public void BytesHeader(int field, int length)
    {
        destination[Written++] = (byte)((field << 3) | 2);
        Varint((ulong)length);
    }

    public void OptionalBytesField(int field, scoped ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            BytesHeader(field, value.Length);
            value.CopyTo(destination[Written..]);
            Written += value.Length;
        }
    }

    public void OptionalAsciiField(int field, scoped ReadOnlySpan<char> value)
    {
        if (!value.IsEmpty)
        {
            BytesHeader(field, value.Length);
            Written += Encoding.ASCII.GetBytes(value, destination[Written..]);
        }
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            destination[Written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[Written++] = (byte)value;
    }
}
