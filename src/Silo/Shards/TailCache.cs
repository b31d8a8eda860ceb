namespace Broker.Silo.Shards;

/// <summary>Bounds the memory of all shards' tails together: the oldest block of the silo goes first, whosever it is.</summary>
/// <remarks>Thread-safe; called from the turns of all shards.</remarks>
public sealed class TailCache(long maxBytes)
{
    private readonly Lock gate = new();
    private readonly Queue<(ShardTail Tail, int Bytes)> order = new();

    /// <summary>Bytes held by the tails of all shards.</summary>
    public long Bytes { get; private set; }

    internal void Added(ShardTail tail, int bytes)
    {
        lock (gate)
        {
            order.Enqueue((tail, bytes));
            Bytes += bytes;
            while (Bytes > maxBytes && order.TryDequeue(out var oldest))
            {
                Bytes -= oldest.Bytes;
                oldest.Tail.DropOldest();
            }
        }
    }
}
