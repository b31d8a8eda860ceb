using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Shards;

/// <summary>A shard that took batches which this one still answers for: itself, or one it descends from.</summary>
/// <param name="Id">The shard.</param>
/// <param name="Range">Its hash keys: of a batch it took exactly the records in them.</param>
/// <param name="CreatedSecond">Leads its sequence numbers.</param>
internal readonly record struct Ancestor(ShardId Id, HashKeyRange Range, long CreatedSecond)
{
    public static Ancestor Of(ShardDescription shard) => new(shard.Id, shard.Range, shard.CreatedSecond);
}
