using HdrHistogram;

namespace Broker.Cli.Bench;

/// <summary>Collects latencies, 1 µs to 10 minutes at 3 digits, from any thread.</summary>
internal sealed class LatencyRecorder(TimeProvider time)
{
    private const long LongestMicroseconds = 600L * 1_000_000;
    private readonly Lock gate = new();
    private readonly LongHistogram histogram = new(1, LongestMicroseconds, 3);
    private long countedFrom;

    /// <summary>Leaves out what begins before the warm-up's end: a generator that was started just now measures its own compiler first.</summary>
    public void WarmUp(TimeSpan duration) =>
        Volatile.Write(ref countedFrom, time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency));

    /// <summary>Adds the time since a timestamp, once for each of <paramref name="count"/> records.</summary>
    public void AddSince(long timestamp, long count = 1)
    {
        if (timestamp < Volatile.Read(ref countedFrom))
        {
            return;
        }

        var microseconds = (long)time.GetElapsedTime(timestamp).TotalMicroseconds;
        lock (gate)
        {
            histogram.RecordValueWithCount(Math.Clamp(microseconds, 1, LongestMicroseconds), count);
        }
    }

    public Latencies ToLatencies()
    {
        lock (gate)
        {
            return histogram.TotalCount == 0
                ? new Latencies(0, 0, 0, 0, 0)
                : new Latencies(Percentile(50), Percentile(90), Percentile(99), Percentile(99.9), histogram.GetMaxValue() / 1000.0);
        }
    }

    private double Percentile(double percent) => histogram.GetValueAtPercentile(percent) / 1000.0;
}
