namespace Broker.Contracts.Leases;

/// <summary>A worker as it is now.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.WorkerDescription")]
public sealed record WorkerDescription(
    [property: Id(0)] string Id,
    [property: Id(1)] int LeaseCount,
    [property: Id(2)] double BytesPerSecond,
    [property: Id(3)] double? CpuPercent,
    [property: Id(4)] TimeSpan SilentFor);
