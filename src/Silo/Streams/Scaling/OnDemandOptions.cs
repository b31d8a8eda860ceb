namespace Broker.Silo.Streams.Scaling;

/// <summary>When ON_DEMAND streams split hot shards and merge cold ones by themselves. Configuration section <c>Broker:OnDemand</c>.</summary>
/// <remarks>
/// A shard bears far more than AWS's 1 MiB/s; more shards serve readers, each of which follows one. The defaults keep what one
/// reader has to follow within what it can. Rates are of encoded bytes.
/// </remarks>
public sealed class OnDemandOptions
{
    /// <summary>Whether shards are split and merged by themselves. Default true.</summary>
    public bool Scaling { get; set; } = true;

    /// <summary>Bytes a second from which a shard is hot. Default 16 MiB.</summary>
    public long HotBytesPerSecond { get; set; } = 16 * 1024 * 1024;

    /// <summary>Records a second from which a shard is hot. Default 16,000.</summary>
    public long HotRecordsPerSecond { get; set; } = 16_000;

    /// <summary>
    /// Bytes waiting in a gateway behind its call to a shard, on average, from which the shard is hot, where it also takes a quarter of
    /// either rate: queues that other shards' load causes are no reason to split. Default 4 MiB.
    /// </summary>
    public long HotQueueBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a shard must be hot before it is split. Default 2 seconds.</summary>
    public TimeSpan HotFor { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How old a shard must be before it is split. Default 10 seconds.</summary>
    public TimeSpan MinShardAge { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Open shards of a stream past which nothing is split. Default 128.</summary>
    public int MaxShards { get; set; } = 128;

    /// <summary>Bytes a second that two cold neighbours may take together. Default 1 MiB; at most a quarter of <see cref="HotBytesPerSecond"/>.</summary>
    public long ColdBytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>Records a second that two cold neighbours may take together. Default 1,000; at most a quarter of <see cref="HotRecordsPerSecond"/>.</summary>
    public long ColdRecordsPerSecond { get; set; } = 1_000;

    /// <summary>How long two neighbours must be cold before they are merged, counted from the start of the broker at the earliest. Default 6 hours.</summary>
    public TimeSpan MergeAfter { get; set; } = TimeSpan.FromHours(6);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var (name, value) in new (string, long)[]
        {
            (nameof(HotBytesPerSecond), HotBytesPerSecond),
            (nameof(HotRecordsPerSecond), HotRecordsPerSecond),
            (nameof(HotQueueBytes), HotQueueBytes),
        })
        {
            if (value < 1)
            {
                yield return $"Broker:OnDemand:{name} is {value}: it must be 1 or more.";
            }
        }

        foreach (var (name, value, hotName, hot) in new (string, long, string, long)[]
        {
            (nameof(ColdBytesPerSecond), ColdBytesPerSecond, nameof(HotBytesPerSecond), HotBytesPerSecond),
            (nameof(ColdRecordsPerSecond), ColdRecordsPerSecond, nameof(HotRecordsPerSecond), HotRecordsPerSecond),
        })
        {
            if (value < 0 || value > hot / 4)
            {
                yield return $"Broker:OnDemand:{name} is {value}: it must be 0 to a quarter of {hotName} ({hot / 4}), so that what is merged is not split again.";
            }
        }

        foreach (var (name, value) in new (string, TimeSpan)[] { (nameof(HotFor), HotFor), (nameof(MinShardAge), MinShardAge) })
        {
            if (value < TimeSpan.Zero || value > TimeSpan.FromDays(1))
            {
                yield return $"Broker:OnDemand:{name} is {value}: it must be 0 to 1 day.";
            }
        }

        if (MergeAfter < TimeSpan.FromSeconds(10) || MergeAfter > TimeSpan.FromDays(365))
        {
            yield return $"Broker:OnDemand:{nameof(MergeAfter)} is {MergeAfter}: it must be 10 seconds to 365 days.";
        }

        if (MaxShards is < 1 or > 100_000)
        {
            yield return $"Broker:OnDemand:{nameof(MaxShards)} is {MaxShards}: it must be 1 to 100000.";
        }
    }
}
