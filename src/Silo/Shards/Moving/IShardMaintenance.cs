using Orleans.Concurrency;

namespace Broker.Silo.Shards.Moving;

/// <summary>What silos ask of a shard by themselves; the same grain and key as IShardGrain.</summary>
[Alias("broker.IShardMaintenance")]
public interface IShardMaintenance : IGrainWithStringKey
{
    /// <summary>Hands the shard over to another silo once what is in flight is answered: what comes meanwhile waits, and goes there.</summary>
    /// <remarks>Answers when it has begun. Where it cannot be done the shard stays, or goes where it is asked for next.</remarks>
    [Alias("Move"), AlwaysInterleave]
    Task MoveAsync(SiloAddress target);
}
