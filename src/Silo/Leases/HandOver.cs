namespace Broker.Silo.Leases;

/// <summary>A lease on its way from its owner to another worker.</summary>
/// <param name="To">The other worker.</param>
/// <param name="Asked">Timestamp of when its owner was asked.</param>
internal sealed record HandOver(string To, long Asked);
