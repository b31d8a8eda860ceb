using Broker.Contracts.Streams;

namespace Broker.Contracts.Blocks;

/// <summary>One record as it lies in a block's payload: spans into it, valid as long as the payload.</summary>
public readonly ref struct BlockRecord
{
    /// <summary>Bytes of a record's encoding beside its key and data, where it has no explicit hash key.</summary>
    public const int FixedLength = BlockRecordLayout.FixedLength;

    internal BlockRecord(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, HashKey? explicitHashKey)
    {
        PartitionKey = partitionKey;
        Data = data;
        ExplicitHashKey = explicitHashKey;
    }

    /// <summary>UTF-8, 1 to 256 characters; empty when the producer gave none.</summary>
    public ReadOnlySpan<byte> PartitionKey { get; }

    public ReadOnlySpan<byte> Data { get; }

    public HashKey? ExplicitHashKey { get; }

    /// <summary>
    /// Where the producer's keys place the record. What a gateway placed by itself, without a partition key or with AUTO distribution, is
    /// elsewhere in its shard's range: the block does not tell where.
    /// </summary>
    public HashKey HashKey => ExplicitHashKey ?? HashKey.OfPartitionKey(PartitionKey);
}
