namespace Broker.Silo.Streams.Retention;

/// <summary>How expired records are given back, and when the clock is believed. Configuration section <c>Broker:Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>How often expired records and shards are removed. Default 1 minute; at least 1 second. Reads hide them exactly, whatever this is.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How far the wall clock may run ahead of elapsed time before it is disbelieved and nothing expires. Default 10 minutes.</summary>
    public TimeSpan JumpTolerance { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long after a start a wall clock that is far ahead of the last run is held back before it is believed: a long stop and a wrong
    /// clock look alike. Default 1 hour.
    /// </summary>
    public TimeSpan HoldAfterRestart { get; set; } = TimeSpan.FromHours(1);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (SweepInterval < TimeSpan.FromSeconds(1) || SweepInterval > TimeSpan.FromDays(1))
        {
            yield return $"Broker:Retention:SweepInterval is {SweepInterval}: it must be 1 second to 1 day.";
        }

        if (JumpTolerance < TimeSpan.FromSeconds(1) || JumpTolerance > TimeSpan.FromDays(1))
        {
            yield return $"Broker:Retention:JumpTolerance is {JumpTolerance}: it must be 1 second to 1 day.";
        }

        if (HoldAfterRestart < TimeSpan.Zero || HoldAfterRestart > TimeSpan.FromDays(30))
        {
            yield return $"Broker:Retention:HoldAfterRestart is {HoldAfterRestart}: it must be 0 to 30 days.";
        }
    }
}
