using System.Collections.Immutable;

namespace Broker.Contracts.Cluster;

/// <summary>What a silo tells of itself.</summary>
/// <param name="Version">Of its build.</param>
/// <param name="UptimeSeconds">Since its process began to serve.</param>
/// <param name="LeastLevel">The lowest level of a cluster that its build serves.</param>
/// <param name="HighestLevel">The highest level of a cluster that its build serves.</param>
/// <param name="Shards">Shards that are active there.</param>
/// <param name="BytesPerSecond">Encoded bytes of records that it takes, of about the last seconds.</param>
/// <param name="RecordsPerSecond">Records that it takes, of about the last seconds.</param>
/// <param name="Cost">What balancing compares: those, and what reads and calls cost, in bytes per second.</param>
/// <param name="MovesInFlight">Shards that are on their way to another silo.</param>
/// <param name="IsDrained">It was told to give its shards away.</param>
[GenerateSerializer, Immutable]
[Alias("broker.SiloReport")]
public sealed record SiloReport(
    [property: Id(0)] string Version,
    [property: Id(1)] long UptimeSeconds,
    [property: Id(2)] int LeastLevel,
    [property: Id(3)] int HighestLevel,
    [property: Id(4)] int Shards,
    [property: Id(5)] double BytesPerSecond,
    [property: Id(6)] double RecordsPerSecond,
    [property: Id(7)] double Cost,
    [property: Id(8)] int MovesInFlight,
    [property: Id(9)] bool IsDrained);

/// <summary>A member of the cluster.</summary>
/// <param name="Name">Its name, which survives a restart.</param>
/// <param name="Address">Where the others reach it, and the second in which it began: <c>10.0.0.7:11111@174…</c>.</param>
/// <param name="State">Orleans' word for it: Joining, Active, ShuttingDown, Stopping.</param>
/// <param name="Report">What it tells; null where it did not answer, or is of a build that cannot.</param>
[GenerateSerializer, Immutable]
[Alias("broker.SiloEntry")]
public sealed record SiloEntry(
    [property: Id(0)] string Name, [property: Id(1)] string Address, [property: Id(2)] string State, [property: Id(3)] SiloReport? Report);

/// <summary>A cluster as one of its silos sees it.</summary>
/// <param name="ClusterId">Its name; empty for an embedded broker.</param>
/// <param name="Level">What formats may be written; -1 where the database does not answer.</param>
/// <param name="Silos">All members but those that are gone, by address.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ClusterState")]
public sealed record ClusterState([property: Id(0)] string ClusterId, [property: Id(1)] int Level, [property: Id(2)] ImmutableArray<SiloEntry> Silos);
