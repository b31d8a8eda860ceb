namespace Broker.Silo.Leases;

/// <summary>How consumer groups share shards. Configuration section <c>Broker:Leases</c>.</summary>
public sealed class LeaseOptions
{
    /// <summary>How long a worker may be silent before its leases go to others, where its application does not say. Default 10 seconds; 2 seconds to 10 minutes.</summary>
    public TimeSpan FailoverTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may take to hand a lease over, where its application does not say. Default 30 seconds; 1 second to 10 minutes.</summary>
    public TimeSpan HandOverTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often an application with workers looks at its streams' shards; the end of a shard is looked after at once. Default 1 second.</summary>
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a lease stays where it came to, before it is moved for balance; a worker that has none is not kept waiting. Default 30 seconds.</summary>
    public TimeSpan MoveCooldown { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>By how much of the mean load a worker must be better off for a lease to be moved to it. Default 0.1.</summary>
    public double MoveThreshold { get; set; } = 0.1;

    /// <summary>Workers of an application that there may be at once. Default 1,000.</summary>
    public int MaxWorkers { get; set; } = 1_000;

    /// <summary>Streams that an application may have. Default 100.</summary>
    public int MaxStreams { get; set; } = 100;

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var (name, value, least, most) in new (string, TimeSpan, TimeSpan, TimeSpan)[]
        {
            (nameof(FailoverTime), FailoverTime, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10)),
            (nameof(HandOverTime), HandOverTime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            (nameof(SyncInterval), SyncInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            (nameof(MoveCooldown), MoveCooldown, TimeSpan.Zero, TimeSpan.FromHours(1)),
        })
        {
            if (value < least || value > most)
            {
                yield return $"Broker:Leases:{name} is {value}: it must be {least} to {most}.";
            }
        }

        if (!(MoveThreshold >= 0 && MoveThreshold <= 1))
        {
            yield return FormattableString.Invariant($"Broker:Leases:{nameof(MoveThreshold)} is {MoveThreshold}: it must be 0 to 1.");
        }

        foreach (var (name, value) in new (string, int)[] { (nameof(MaxWorkers), MaxWorkers), (nameof(MaxStreams), MaxStreams) })
        {
            if (value is < 1 or > 100_000)
            {
                yield return FormattableString.Invariant($"Broker:Leases:{name} is {value}: it must be 1 to 100000.");
            }
        }
    }
}
