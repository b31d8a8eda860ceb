using System.Collections.Immutable;
using Broker.Contracts.Errors;

namespace Broker.Contracts.Leases;

/// <summary>What a worker has now.</summary>
/// <param name="Code">
/// None; ResourceInUse: another call of the worker took its place; Unavailable: the table does not know the worker (any more), which joins again.
/// </param>
/// <param name="Version">Moves with every change of <paramref name="Leases"/>.</param>
/// <param name="Leases">All leases of the worker; default where the gateway knows this version.</param>
/// <param name="FailoverTime">The application's.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable]
[Alias("broker.WorkerLeases")]
public sealed record WorkerLeases(
    [property: Id(0)] BrokerErrorCode Code,
    [property: Id(1)] long Version,
    [property: Id(2)] ImmutableArray<HeldLease> Leases,
    [property: Id(3)] TimeSpan FailoverTime,
    [property: Id(4)] string? Message = null);
