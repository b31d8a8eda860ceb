namespace Broker.Silo.Leases;

/// <summary>A lease that shall go to a worker: at once where nobody has it, else by being handed over.</summary>
internal readonly record struct LeaseMove(Lease Lease, Worker To);
