using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>A stream with its whole lineage: what gateways route by. Cached; replaced when a shard answers ShardClosed, or its version moves.</summary>
/// <param name="Stream">Settings and state.</param>
/// <param name="Shards">Open and closed shards, by id.</param>
[GenerateSerializer, Immutable]
[Alias("broker.StreamMap")]
public sealed record StreamMap(
    [property: Id(0)] StreamDescription Stream,
    [property: Id(1)] ImmutableArray<ShardDescription> Shards);
