namespace Broker.Cli.Bench;

/// <summary>Shares out a load among workers: how much is left, and when the next piece is due.</summary>
/// <remarks>
/// With a rate the schedule is fixed beforehand (open loop): a piece that the broker holds up is measured from when it was due, so
/// that a stall is not left out of the latencies.
/// </remarks>
internal sealed class LoadPlan
{
    private readonly TimeProvider time;
    private readonly Ticker ticker;
    private readonly long began;
    private readonly long? records;
    private readonly double? recordsPerSecond;
    private readonly TimeSpan? duration;
    private long taken;

    /// <param name="time">The clock.</param>
    /// <param name="records">Records in all; null for no bound.</param>
    /// <param name="duration">How long; null for no bound.</param>
    /// <param name="recordsPerSecond">The rate; null for as fast as it goes.</param>
    /// <param name="ticker">Wakes workers whose piece is due.</param>
    public LoadPlan(TimeProvider time, long? records, TimeSpan? duration, double? recordsPerSecond, Ticker ticker)
    {
        this.ticker = ticker;
        this.time = time;
        this.records = records;
        this.recordsPerSecond = recordsPerSecond;
        this.duration = duration;
        began = time.GetTimestamp();
    }

    /// <summary>Takes the next piece; waits until it is due.</summary>
    /// <returns>The timestamp that latency is measured from; null when the load is done.</returns>
    public async ValueTask<long?> NextAsync(int count, CancellationToken cancellation)
    {
        var first = Interlocked.Add(ref taken, count) - count;
        if (first >= records || cancellation.IsCancellationRequested)
        {
            return null;
        }

        var elapsed = time.GetElapsedTime(began);
        if (recordsPerSecond is not { } rate)
        {
            return elapsed >= duration ? null : time.GetTimestamp();
        }

        var due = TimeSpan.FromSeconds(first / rate);
        if (due >= duration)
        {
            return null;
        }

        while (time.GetElapsedTime(began) < due)
        {
            await ticker.NextAsync().WaitAsync(cancellation);
        }

        return began + (long)(due.TotalSeconds * time.TimestampFrequency);
    }
}
