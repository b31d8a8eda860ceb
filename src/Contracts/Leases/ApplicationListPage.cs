using System.Collections.Immutable;

namespace Broker.Contracts.Leases;

/// <summary>A page of applications in name order.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ApplicationListPage")]
public sealed record ApplicationListPage(
    [property: Id(0)] ImmutableArray<ApplicationListEntry> Applications,
    [property: Id(1)] bool HasMore);
