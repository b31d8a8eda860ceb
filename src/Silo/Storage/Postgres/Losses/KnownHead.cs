using Broker.Contracts.Shards;

namespace Broker.Silo.Storage.Postgres.Losses;

/// <summary>Where a shard's log ends in a database.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Epoch">Its newest owner's.</param>
/// <param name="NextPosition">Records that it ever took, and positions that were passed over.</param>
public sealed record KnownHead(ShardKey Shard, long Epoch, long NextPosition);
