namespace Broker.Gateway.Wire;

/// <summary>Walks the fields of a protobuf message without allocating: tags, varints and byte runs over one span.</summary>
/// <remarks>Malformed bytes end the walk with <see cref="IsMalformed"/>; nothing is thrown and nothing is read past the end.</remarks>
public ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> rest = message;

    /// <summary>The present field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The present field's wire type: 0 varint, 1 fixed64, 2 bytes, 5 fixed32.</summary>
    public int WireType { get; private set; }

    /// <summary>The present field's bytes, where its wire type is 2; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The present field's number value, where its wire type is 0.</summary>
    public ulong Value { get; private set; }

    public bool IsMalformed { get; private set; }

    /// <summary>True where the present field is a byte run (bytes, string, message) of that number.</summary>
    public readonly bool IsBytes(int field) => Field == field && WireType == 2;

    /// <summary>Moves to the next field.</summary>
    /// <returns>False at the end or where the bytes are no protobuf.</returns>
    public bool TryNext()
    {
        if (rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        Bytes = default;
        Value = 0;
        if (!TryReadVarint(out var tag) || tag > uint.MaxValue || tag >> 3 == 0)
        {
            return Fail();
        }

        Field = (int)(tag >> 3);
        WireType = (int)(tag & 7);
        switch (WireType)
        {
            case 0:
                if (!TryReadVarint(out var value))
                {
                    return Fail();
                }

                Value = value;
                return true;
            case 1:
                return TrySkip(sizeof(ulong)) || Fail();
            case 2:
                if (!TryReadVarint(out var length) || length > (ulong)rest.Length)
                {
                    return Fail();
                }

                Bytes = rest[..(int)length];
                rest = rest[(int)length..];
                return true;
            case 5:
                return TrySkip(sizeof(uint)) || Fail();
            default:
                return Fail();
        }
    }

    private bool Fail()
    {
        IsMalformed = true;
        Field = 0;
        return false;
    }

    private bool TrySkip(int length)
    {
        if (rest.Length < length)
        {
            return false;
        }

        rest = rest[length..];
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            var single = rest[i];
            value |= (ulong)(single & 0x7F) << (7 * i);
            if (single < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
