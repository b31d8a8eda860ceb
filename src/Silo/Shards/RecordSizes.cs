using Broker.Contracts.Blocks;

namespace Broker.Silo.Shards;

/// <summary>The sizes of a block's records, data and partition key, in order; of encrypted or compressed ones, which a silo does not read, their mean.</summary>
internal ref struct RecordSizes
{
    private readonly long mean;
    private readonly long remainder;
    private BlockRecordReader reader;
    private int unread;

    public RecordSizes(RecordBlock block)
    {
        if (block.Head.IsPlain)
        {
            reader = new BlockRecordReader(block.Payload.Span);
            return;
        }

        unread = block.Head.RecordCount;
        var bytes = Math.Max(0, block.Head.PlainLength - ((long)unread * BlockRecord.FixedLength));
        (mean, remainder) = unread == 0 ? (0, 0) : Math.DivRem(bytes, unread);
    }

    /// <summary>Moves to the next record.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out long size)
    {
        if (unread > 0)
        {
            // Together they are as many bytes as the block's.
            size = --unread < remainder ? mean + 1 : mean;
            return true;
        }

        var isThere = reader.TryRead(out var record);
        size = isThere ? record.PartitionKey.Length + record.Data.Length : 0;
        return isThere;
    }
}
