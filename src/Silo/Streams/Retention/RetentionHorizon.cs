namespace Broker.Silo.Streams.Retention;

/// <summary>Up to when a stream's records have expired: the later of the expiry clock less the period, and a floor that only rises.</summary>
/// <remarks>
/// The floor is what keeps a longer period from bringing records back: when the period is raised, it is set to where the horizon stood.
/// Immutable.
/// </remarks>
/// <param name="RetentionHours">How long records are kept; hours.</param>
/// <param name="FloorUnixMilliseconds">Records that arrived before this are expired whatever the period is.</param>
public readonly record struct RetentionHorizon(int RetentionHours, long FloorUnixMilliseconds)
{
    private const long MillisecondsPerHour = 3_600_000;

    /// <summary>Records that arrived before this are expired.</summary>
    /// <param name="expiryUnixMilliseconds">The expiry clock (<see cref="ExpiryClock"/>), not the wall clock.</param>
    public long At(long expiryUnixMilliseconds) =>
        Math.Max(FloorUnixMilliseconds, expiryUnixMilliseconds - (RetentionHours * MillisecondsPerHour));

    /// <summary>The horizon under another period from now on. It never moves back at this moment; a shorter period moves it on at once.</summary>
    public RetentionHorizon WithHours(int hours, long expiryUnixMilliseconds) => new(hours, At(expiryUnixMilliseconds));
}
