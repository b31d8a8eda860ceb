namespace Broker.Tests.Cluster.Chaos;

/// <summary>How long each of many things took, and when it ended.</summary>
internal sealed class LatencyLog(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly List<(long At, TimeSpan Took)> noted = [];

    public void Note(TimeSpan took)
    {
        lock (gate)
        {
            noted.Add((time.GetTimestamp(), took));
        }
    }

    /// <summary>A percentile of those that ended between two times, in milliseconds.</summary>
    public double Percentile(double percent, long from, long to)
    {
        lock (gate)
        {
            return FaultRecord.Percentile(noted.Where(entry => entry.At >= from && entry.At < to).Select(entry => entry.Took), percent);
        }
    }
}
