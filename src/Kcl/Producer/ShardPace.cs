namespace Broker.Kcl.Producer;

/// <summary>Holds a shard to a rate: what goes out is taken from what has come in since, and the next waits until that is paid back.</summary>
/// <remarks>Guarded by its lane's lock. A tenth of a second's worth may go out at once.</remarks>
internal sealed class ShardPace(double recordsPerSecond, double bytesPerSecond, TimeProvider time)
{
    private const double BurstSeconds = 0.1;
    private double records = recordsPerSecond * BurstSeconds;
    private double bytes = bytesPerSecond * BurstSeconds;
    private long filledAt = time.GetTimestamp();

    /// <summary>How long until something may go out; zero when it may now.</summary>
    public TimeSpan Wait()
    {
        var now = time.GetTimestamp();
        var passed = time.GetElapsedTime(filledAt, now).TotalSeconds;
        filledAt = now;
        records = Math.Min(recordsPerSecond * BurstSeconds, records + (recordsPerSecond * passed));
        bytes = Math.Min(bytesPerSecond * BurstSeconds, bytes + (bytesPerSecond * passed));
        var seconds = Math.Max(-records / recordsPerSecond, -bytes / bytesPerSecond);
        return seconds < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Max(seconds, 0.001));
    }

    /// <summary>Takes what goes out.</summary>
    public void Take(int recordCount, int byteCount)
    {
        records -= recordCount;
        bytes -= byteCount;
    }
}
