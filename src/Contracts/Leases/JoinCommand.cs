using System.Collections.Immutable;

namespace Broker.Contracts.Leases;

/// <summary>A worker that joins an application, already checked for form.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Session">A number of the call's own making. The same again is the same call, which lost its table.</param>
/// <param name="Streams">The streams' names; at least one.</param>
/// <param name="InitialPosition">For streams that are new to the application: TRIM_HORIZON, LATEST or AT_TIMESTAMP.</param>
/// <param name="MaxLeases">Most leases; 0 for no bound.</param>
/// <param name="Capacity">Relative to the others'; above 0.</param>
/// <param name="FailoverTime">For the application; null leaves it as it is.</param>
/// <param name="HandOverTime">For the application; null leaves it as it is.</param>
[GenerateSerializer, Immutable]
[Alias("broker.JoinCommand")]
public sealed record JoinCommand(
    [property: Id(0)] string Worker,
    [property: Id(1)] Guid Session,
    [property: Id(2)] ImmutableArray<string> Streams,
    [property: Id(3)] LeaseCheckpoint InitialPosition,
    [property: Id(4)] int MaxLeases,
    [property: Id(5)] double Capacity,
    [property: Id(6)] TimeSpan? FailoverTime,
    [property: Id(7)] TimeSpan? HandOverTime);
