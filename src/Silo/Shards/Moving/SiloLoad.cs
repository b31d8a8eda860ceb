using System.Collections.Immutable;
using Broker.Contracts.Shards;

namespace Broker.Silo.Shards.Moving;

/// <summary>What a silo carries.</summary>
/// <param name="Shards">Active shards.</param>
/// <param name="Cost">Of all, per second (<see cref="ShardRate"/>).</param>
/// <param name="Busiest">The most expensive, in falling order.</param>
/// <param name="IsDrained">An operator wants the silo without shards. False from builds that do not know it.</param>
[GenerateSerializer, Immutable]
[Alias("broker.SiloLoad")]
public sealed record SiloLoad(
    [property: Id(0)] int Shards, [property: Id(1)] double Cost, [property: Id(2)] ImmutableArray<MovableShard> Busiest, [property: Id(3)] bool IsDrained = false);

/// <summary>A shard that could be moved.</summary>
/// <param name="Key">The shard.</param>
/// <param name="Cost">Per second.</param>
/// <param name="Age">How long it has been where it is.</param>
[GenerateSerializer, Immutable]
[Alias("broker.MovableShard")]
public readonly record struct MovableShard([property: Id(0)] ShardKey Key, [property: Id(1)] double Cost, [property: Id(2)] TimeSpan Age);
