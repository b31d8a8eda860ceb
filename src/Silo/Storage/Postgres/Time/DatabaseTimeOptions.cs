namespace Broker.Silo.Storage.Postgres.Time;

/// <summary>How a silo of a cluster follows the database's clock. Configuration section <c>Broker:Clock</c>.</summary>
public sealed class DatabaseTimeOptions
{
    /// <summary>How often the database is asked for its time, 100 ms to 1 minute. Default 1 s.</summary>
    public TimeSpan SampleEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>An answer that took longer tells too little and is left out, 1 ms to <see cref="Tolerance"/>. Default 1 s.</summary>
    public TimeSpan MaxRoundTrip { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How far the silo's time may be off the database's before it owns no shards, 1 s to 1 minute. Default 5 s.</summary>
    public TimeSpan Tolerance { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the database's clock must go steadily after it jumped until it is believed, 1 s to 1 hour. Default 5 s.</summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (SampleEvery < TimeSpan.FromMilliseconds(100) || SampleEvery > TimeSpan.FromMinutes(1))
        {
            yield return $"Broker:Clock:{nameof(SampleEvery)} is {SampleEvery}: it must be 100 ms to 1 minute.";
        }

        if (Tolerance < TimeSpan.FromSeconds(1) || Tolerance > TimeSpan.FromMinutes(1))
        {
            yield return $"Broker:Clock:{nameof(Tolerance)} is {Tolerance}: it must be 1 second to 1 minute.";
        }

        if (MaxRoundTrip < TimeSpan.FromMilliseconds(1) || MaxRoundTrip > Tolerance)
        {
            yield return $"Broker:Clock:{nameof(MaxRoundTrip)} is {MaxRoundTrip}: it must be 1 ms to {nameof(Tolerance)}, {Tolerance}.";
        }

        if (SettleTime < TimeSpan.FromSeconds(1) || SettleTime > TimeSpan.FromHours(1))
        {
            yield return $"Broker:Clock:{nameof(SettleTime)} is {SettleTime}: it must be 1 second to 1 hour.";
        }
    }
}
