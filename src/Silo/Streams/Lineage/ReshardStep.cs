using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Lineage;

/// <summary>One split or merge: which shards end, and at which key they part.</summary>
/// <param name="Shard">The shard that is split, or the first of the two that are merged.</param>
/// <param name="Adjacent">The other shard of a merge; null for a split.</param>
/// <param name="NewStart">The first key of the upper child; unused by a merge.</param>
public readonly record struct ReshardStep(ShardId Shard, ShardId? Adjacent, HashKey NewStart)
{
    public static ReshardStep Split(ShardId shard, HashKey newStart) => new(shard, null, newStart);

    public static ReshardStep Merge(ShardId shard, ShardId adjacent) => new(shard, adjacent, default);
}
