using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>Gathers records of one shard into chunks of a block's size. Not thread-safe; reusable after <see cref="Finish"/>.</summary>
internal sealed class ChunkWriter : IDisposable
{
    /// <summary>The most that the record layout adds to a record's key and data; docs/layouts/block.md.</summary>
    private const int MaxOverhead = 23;

    private readonly PayloadBuilder builder = new();
    private readonly List<PayloadChunk> chunks = [];
    private readonly List<int> indexes = [];

    public bool IsEmpty => indexes.Count == 0;

    /// <summary>Adds one record of a batch, by its index there; the spans are copied.</summary>
    public void Add(int index, ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, HashKey? explicitHashKey)
    {
        if (builder.RecordCount > 0 && builder.Length + partitionKey.Length + data.Length + MaxOverhead > RecordBlock.TargetPayloadBytes)
        {
            TakeChunk();
        }

        builder.Add(partitionKey, data, explicitHashKey);
        indexes.Add(index);
    }

    /// <summary>Takes what was gathered and starts anew.</summary>
    public EncodedRecords Finish()
    {
        if (builder.RecordCount > 0)
        {
            TakeChunk();
        }

        var records = new EncodedRecords([.. chunks], [.. indexes]);
        Reset();
        return records;
    }

    public void Reset()
    {
        chunks.Clear();
        indexes.Clear();
        if (builder.RecordCount > 0)
        {
            builder.TakePayload();
        }

        builder.Dispose();
    }

    public void Dispose() => builder.Dispose();

    private void TakeChunk()
    {
        var recordCount = builder.RecordCount;
        chunks.Add(new PayloadChunk(builder.TakePayload(), recordCount));
    }
}
