using System.Collections.Immutable;

namespace Broker.Contracts.Leases;

/// <summary>An application as it is now.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ApplicationDescription")]
public sealed record ApplicationDescription(
    [property: Id(0)] ApplicationListEntry Entry,
    [property: Id(1)] TimeSpan FailoverTime,
    [property: Id(2)] TimeSpan HandOverTime,
    [property: Id(3)] ImmutableArray<WorkerDescription> Workers,
    [property: Id(4)] ImmutableArray<LeaseDescription> Leases);
