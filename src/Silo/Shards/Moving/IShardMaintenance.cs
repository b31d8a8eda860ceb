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

    /// <summary>Compares what the owner committed with what the log has, and notes a loss. Builds before level 2 do not know it.</summary>
    /// <returns>False where the log does not answer.</returns>
    [Alias("Check"), AlwaysInterleave]
    Task<bool> CheckAsync();
}
