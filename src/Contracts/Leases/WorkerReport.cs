using System.Collections.Immutable;

namespace Broker.Contracts.Leases;

/// <summary>What a gateway says for a worker about twice a second: it lives, and this is what it does.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Session">Its call.</param>
/// <param name="SilentFor">How long ago the worker itself was heard.</param>
/// <param name="KnownVersion">The version of its leases that the gateway knows; -1 for none.</param>
/// <param name="CpuPercent">As the worker reported it; null where it did not.</param>
/// <param name="Rates">What was pushed of each lease; empty where it was not measured anew.</param>
[GenerateSerializer, Immutable]
[Alias("broker.WorkerReport")]
public sealed record WorkerReport(
    [property: Id(0)] string Worker,
    [property: Id(1)] Guid Session,
    [property: Id(2)] TimeSpan SilentFor,
    [property: Id(3)] long KnownVersion,
    [property: Id(4)] double? CpuPercent,
    [property: Id(5)] ImmutableArray<LeaseRate> Rates);
