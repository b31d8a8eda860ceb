namespace Broker.Silo.Shards;

/// <summary>What shards hold in memory and how they re-verify themselves. Configuration section <c>Broker:Shards</c>.</summary>
public sealed class ShardOptions
{
    /// <summary>Bytes of newest blocks that all shards of a silo hold together, so that readers at the tail need no disk. Default 256 MiB.</summary>
    public long TailCacheBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How long a shard serves reads before it asks the log again whether it is still the owner. Default 1 second, which is also the most.</summary>
    public TimeSpan VerifyEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (TailCacheBytes < 1024 * 1024)
        {
            yield return $"Broker:Shards:{nameof(TailCacheBytes)} is {TailCacheBytes}: it must be at least 1048576 (1 MiB).";
        }

        if (VerifyEvery <= TimeSpan.Zero || VerifyEvery > TimeSpan.FromSeconds(1))
        {
            yield return $"Broker:Shards:{nameof(VerifyEvery)} is {VerifyEvery}: it must be above zero and at most 1 second.";
        }
    }
}
