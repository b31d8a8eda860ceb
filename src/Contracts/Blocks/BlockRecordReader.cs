namespace Broker.Contracts.Blocks;

/// <summary>Walks the records of a plain payload, in order.</summary>
public ref struct BlockRecordReader(ReadOnlySpan<byte> plainPayload)
{
    private ReadOnlySpan<byte> rest = plainPayload;

    /// <summary>Moves to the next record.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out BlockRecord record)
    {
        if (rest.IsEmpty)
        {
            record = default;
            return false;
        }

        rest = rest[BlockRecordLayout.Read(rest, out record)..];
        return true;
    }
}
