namespace Broker.Silo.Shards.Moving;

/// <summary>When shards are moved between silos. Configuration section <c>Broker:Balance</c>; of use in a cluster alone.</summary>
public sealed class BalanceOptions
{
    /// <summary>Moves shards by their load. Default true; draining a silo that stops does not depend on it.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often loads are compared, 100 ms to 1 hour. Default 1 second.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most shards that are moved at a time, 1 to 1,000. Default 4.</summary>
    public int MaxMovesPerRound { get; set; } = 4;

    /// <summary>A silo gives shards away when it carries this part more than the mean of all, 0.01 to 10. Default 0.2.</summary>
    public double Tolerance { get; set; } = 0.2;

    /// <summary>Load of a silo, in bytes per second (a record counts as 256 more, a call as 2,048), below which it gives nothing away. Default 262,144.</summary>
    public long MinSiloLoad { get; set; } = 256 * 1024;

    /// <summary>How long a shard stays where it was moved to, at least; 0 to 1 hour. Default 10 seconds.</summary>
    public TimeSpan MinStay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a silo that was started three times within a minute has to live before it is given shards, 0 to 1 hour. Default 1 minute.</summary>
    public TimeSpan FlappingRest { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that is told to stop takes at most to move its shards away, 0 to 10 minutes. Default 15 seconds.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (Interval < TimeSpan.FromMilliseconds(100) || Interval > TimeSpan.FromHours(1))
        {
            yield return $"Broker:Balance:{nameof(Interval)} is {Interval}: it must be 100 ms to 1 hour.";
        }

        if (MaxMovesPerRound is < 1 or > 1_000)
        {
            yield return $"Broker:Balance:{nameof(MaxMovesPerRound)} is {MaxMovesPerRound}: it must be 1 to 1000.";
        }

        if (Tolerance is not (>= 0.01 and <= 10))
        {
            yield return $"Broker:Balance:{nameof(Tolerance)} is {Tolerance}: it must be 0.01 to 10.";
        }

        if (MinSiloLoad < 0)
        {
            yield return $"Broker:Balance:{nameof(MinSiloLoad)} is {MinSiloLoad}: it must be 0 or more.";
        }

        foreach (var (name, value, most) in new[]
        {
            (nameof(MinStay), MinStay, TimeSpan.FromHours(1)),
            (nameof(FlappingRest), FlappingRest, TimeSpan.FromHours(1)),
            (nameof(DrainTimeout), DrainTimeout, TimeSpan.FromMinutes(10)),
        })
        {
            if (value < TimeSpan.Zero || value > most)
            {
                yield return $"Broker:Balance:{name} is {value}: it must be 0 to {most}.";
            }
        }
    }
}
