using System.Collections.Immutable;

namespace Broker.Contracts.Leases;

/// <summary>An application in a list.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ApplicationListEntry")]
public sealed record ApplicationListEntry(
    [property: Id(0)] string Name,
    [property: Id(1)] ImmutableArray<string> Streams,
    [property: Id(2)] long CreatedUnixMilliseconds);
