using Broker.Contracts.Shards;

namespace Broker.Contracts.Leases;

/// <summary>What is pushed of a shard.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.LeaseRate")]
public readonly record struct LeaseRate([property: Id(0)] ShardKey Shard, [property: Id(1)] double BytesPerSecond);
