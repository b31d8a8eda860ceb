using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;

namespace Broker.Silo.Shards;

/// <summary>The requests that a shard took under identities of their own (<see cref="BatchIdentity.RequestEpoch"/>), newest last. Not thread-safe.</summary>
/// <remarks>
/// Bounded by time and number: what is older than the retention, and the oldest where there are too many, is forgotten, and a repeat of
/// it is taken as new. After a merge both parents may have taken a request, each for its own part of the hash space.
/// </remarks>
internal sealed class RequestTable(ProducerLimits limits)
{
    private readonly Dictionary<BatchIdentity, TakenBatch[]> taken = [];
    private readonly Queue<BatchIdentity> order = new();

    public int Count => taken.Count;

    /// <summary>In the order in which they came.</summary>
    public IEnumerable<(BatchIdentity Identity, TakenBatch[] Batches)> All() => order.Select(identity => (identity, taken[identity]));

    /// <summary>Who took the request, in no order; empty where nobody did, or where that is forgotten.</summary>
    public ReadOnlySpan<TakenBatch> TakersOf(BatchIdentity identity, long nowUnixMilliseconds) =>
        taken.TryGetValue(identity, out var batches) && !IsForgotten(batches, nowUnixMilliseconds) ? batches : [];

    public void Add(BatchIdentity identity, TakenBatch batch)
    {
        if (taken.TryGetValue(identity, out var known))
        {
            if (!known.Contains(batch))
            {
                taken[identity] = [.. known, batch];
            }

            return;
        }

        taken.Add(identity, [batch]);
        order.Enqueue(identity);
        while (taken.Count > limits.MaxRequestsPerShard)
        {
            taken.Remove(order.Dequeue());
        }

        Forget(batch.ArrivalUnixMilliseconds);
    }

    /// <summary>Forgets what is older than the retention.</summary>
    public void Forget(long nowUnixMilliseconds)
    {
        while (order.TryPeek(out var oldest) && IsForgotten(taken[oldest], nowUnixMilliseconds))
        {
            taken.Remove(order.Dequeue());
        }
    }

    private bool IsForgotten(TakenBatch[] batches, long nowUnixMilliseconds) =>
        nowUnixMilliseconds - batches[^1].ArrivalUnixMilliseconds > (long)limits.RequestRetention.TotalMilliseconds;
}
