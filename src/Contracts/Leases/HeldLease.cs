using System.Collections.Immutable;
using Broker.Contracts.Shards;

namespace Broker.Contracts.Leases;

/// <summary>A lease as its worker's gateway is told of it.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="StreamName">Its stream.</param>
/// <param name="Counter">Rises with every change of the owner; every change is conditional on it.</param>
/// <param name="Checkpoint">How far the shard is processed.</param>
/// <param name="Pending">What is about to be checkpointed; null for nothing.</param>
/// <param name="Parents">The shard's parents.</param>
/// <param name="HandOverWithin">The lease is asked for, and taken after this time; null where it is not.</param>
[GenerateSerializer, Immutable]
[Alias("broker.HeldLease")]
public sealed record HeldLease(
    [property: Id(0)] ShardKey Shard,
    [property: Id(1)] string StreamName,
    [property: Id(2)] long Counter,
    [property: Id(3)] LeaseCheckpoint Checkpoint,
    [property: Id(4)] LeaseCheckpoint? Pending,
    [property: Id(5)] ImmutableArray<ShardId> Parents,
    [property: Id(6)] TimeSpan? HandOverWithin);
