using Broker.Contracts.Errors;

namespace Broker.Contracts.Leases;

/// <summary>What became of a change of a lease.</summary>
/// <param name="Code">None: durable. LeaseLost, InvalidArgument: refused.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable]
[Alias("broker.LeaseResult")]
public readonly record struct LeaseResult([property: Id(0)] BrokerErrorCode Code, [property: Id(1)] string? Message = null);
