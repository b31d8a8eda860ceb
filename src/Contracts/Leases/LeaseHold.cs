using Broker.Contracts.Shards;

namespace Broker.Contracts.Leases;

/// <summary>What a change of a lease is conditional on: the worker's call and the counter under which it was granted.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.LeaseHold")]
public readonly record struct LeaseHold(
    [property: Id(0)] ShardKey Shard,
    [property: Id(1)] string Worker,
    [property: Id(2)] Guid Session,
    [property: Id(3)] long Counter);
