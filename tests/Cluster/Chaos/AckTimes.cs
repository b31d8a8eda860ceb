namespace Broker.Tests.Cluster.Chaos;

/// <summary>When each of a few lanes of load, a partition key each, was acknowledged: how long none was, around a fault.</summary>
internal sealed class AckTimes(int lanes, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly List<long>[] acknowledged = [.. Enumerable.Range(0, lanes).Select(_ => new List<long>())];

    public int Lanes => lanes;

    public void Note(int lane)
    {
        lock (gate)
        {
            acknowledged[lane].Add(time.GetTimestamp());
        }
    }

    /// <summary>Whether every lane was acknowledged since a time.</summary>
    public bool HaveAllSince(long timestamp)
    {
        lock (gate)
        {
            return Array.TrueForAll(acknowledged, times => times.Count > 0 && times[^1] > timestamp);
        }
    }

    /// <summary>Lanes without an acknowledgement since a time.</summary>
    public IReadOnlyList<int> SilentSince(long timestamp)
    {
        lock (gate)
        {
            return [.. Enumerable.Range(0, lanes).Where(lane => acknowledged[lane].Count == 0 || acknowledged[lane][^1] <= timestamp)];
        }
    }

    /// <summary>The longest time between two acknowledgements of each lane that has a part between two times; to the later where none came.</summary>
    public IReadOnlyList<TimeSpan> LongestGaps(long from, long to)
    {
        lock (gate)
        {
            return [.. acknowledged.Select(times => LongestGap(times, from, to))];
        }
    }

    private TimeSpan LongestGap(List<long> times, long from, long to)
    {
        var at = times.BinarySearch(from);
        at = at < 0 ? ~at : at;
        var last = at > 0 ? times[at - 1] : from;
        var longest = TimeSpan.Zero;
        for (; last < to; at++)
        {
            var next = at < times.Count ? times[at] : to;
            var gap = time.GetElapsedTime(last, next);
            longest = gap > longest ? gap : longest;
            last = next;
        }

        return longest;
    }
}
