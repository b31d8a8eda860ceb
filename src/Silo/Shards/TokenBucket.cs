namespace Broker.Silo.Shards;

/// <summary>A rate with one second's worth of burst. Not thread-safe.</summary>
/// <remarks>One thing that is larger than a full bucket is let through when the bucket is full, and paid off after: else it never could pass.</remarks>
internal sealed class TokenBucket(long perSecond, TimeProvider time)
{
    private double tokens = perSecond;
    private long filledAt = time.GetTimestamp();

    public long PerSecond { get; } = perSecond;

    /// <summary>Tells whether an amount would pass now; takes nothing.</summary>
    /// <param name="amount">What is asked for.</param>
    /// <param name="indivisible">It is one thing, which may be larger than the bucket.</param>
    public bool Admits(long amount, bool indivisible)
    {
        Fill();
        return amount <= tokens || (indivisible && tokens >= PerSecond);
    }

    public void Take(long amount) => tokens -= amount;

    private void Fill()
    {
        var now = time.GetTimestamp();
        tokens = Math.Min(PerSecond, tokens + (time.GetElapsedTime(filledAt, now).TotalSeconds * PerSecond));
        filledAt = now;
    }
}
