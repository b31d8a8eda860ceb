using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>What enhanced monitoring measured before a change, and measures after it.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ShardLevelMetricsChange")]
public sealed record ShardLevelMetricsChange(
    [property: Id(0)] ImmutableArray<string> Current,
    [property: Id(1)] ImmutableArray<string> Desired);
