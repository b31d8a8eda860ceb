using Broker.Contracts.Shards;

namespace Broker.Silo.Storage.Postgres.Losses;

/// <summary>A loss that no operator has accepted yet.</summary>
/// <param name="Shard">The shard that takes nothing.</param>
/// <param name="FoundPosition">Where its log was found to end.</param>
/// <param name="KnownPosition">The end that was told; not above the other where only its owner's epoch went back.</param>
/// <param name="Witness">Who knew it.</param>
/// <param name="Silo">The machine that found it.</param>
/// <param name="NotedAt">When, by the database.</param>
public sealed record NotedLoss(ShardKey Shard, long FoundPosition, long KnownPosition, string Witness, string Silo, DateTimeOffset NotedAt);
