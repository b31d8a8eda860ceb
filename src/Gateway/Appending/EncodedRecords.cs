namespace Broker.Gateway.Appending;

/// <summary>Records of one batch for one shard, encoded.</summary>
internal sealed class EncodedRecords(PayloadChunk[] chunks, int[] indexes)
{
    public PayloadChunk[] Chunks { get; } = chunks;

    /// <summary>The records' indexes in their batch, rising.</summary>
    public int[] Indexes { get; } = indexes;

    public int Bytes { get; } = Sum(chunks);

    private static int Sum(PayloadChunk[] chunks)
    {
        var bytes = 0;
        foreach (var chunk in chunks)
        {
            bytes += chunk.Payload.Length;
        }

        return bytes;
    }
}
