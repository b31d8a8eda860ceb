using Broker.Contracts.Shards;

namespace Broker.Silo.Storage.Embedded.Shards;

/// <summary>What the log knows of one shard: a few numbers, kept for every shard that is not deleted. Guarded by <see cref="ShardTable.Gate"/>.</summary>
internal sealed class ShardState(ShardKey key)
{
    public ShardKey Key { get; } = key;

    /// <summary>The newest opener's; 0 before the first since start.</summary>
    public long Epoch { get; set; }

    /// <summary>Where the log ends for readers.</summary>
    public ShardEnd Durable { get; set; } = ShardEnd.Empty;

    /// <summary>Where the next append must start: the durable end and what is queued behind it.</summary>
    public ShardEnd Queued { get; set; } = ShardEnd.Empty;

    /// <summary>Ordinals below this may be gone: they expired. Others that are missing were lost.</summary>
    public long ExpiredBefore { get; set; }

    /// <summary>Appends admitted and not yet answered.</summary>
    public int PendingCount { get; set; }

    /// <summary>An append's outcome is unknown: nothing more until the shard is opened again.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>An append found no room; those that were sent behind it get the same answer.</summary>
    public bool WasRefusedForSpace { get; set; }

    /// <summary>Completed when the last pending append is answered.</summary>
    public TaskCompletionSource? Drained { get; set; }

    public ShardHead Head(long epoch) => new(
        epoch, Durable.NextOrdinal, Durable.NextPosition, Durable.LastArrival, Durable.StateOrdinal, Durable.IsSealed);
}
