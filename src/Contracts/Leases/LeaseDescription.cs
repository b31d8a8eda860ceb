namespace Broker.Contracts.Leases;

/// <summary>A lease as it is now.</summary>
/// <param name="Lease">As its worker's gateway knows it.</param>
/// <param name="Owner">The worker; null for nobody.</param>
/// <param name="OwnerSwitchesSinceCheckpoint">How often it changed its owner since its last checkpoint.</param>
/// <param name="BytesPerSecond">What is pushed of it.</param>
/// <param name="HandOverTo">To whom it is being handed over; null for nobody.</param>
[GenerateSerializer, Immutable]
[Alias("broker.LeaseDescription")]
public sealed record LeaseDescription(
    [property: Id(0)] HeldLease Lease,
    [property: Id(1)] string? Owner,
    [property: Id(2)] int OwnerSwitchesSinceCheckpoint,
    [property: Id(3)] double BytesPerSecond,
    [property: Id(4)] string? HandOverTo);
