using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Routing;

/// <summary>One version of a stream's map, laid out for routing: open shards by their first hash key. Immutable.</summary>
public sealed class StreamRoute
{
    private readonly UInt128[] starts;
    private readonly ShardDescription[] open;
    private readonly ShardDescription[] byId;

    public StreamRoute(StreamMap map, long fetchedTimestamp)
    {
        Map = map;
        FetchedTimestamp = fetchedTimestamp;
        byId = [.. map.Shards];
        Array.Sort(byId, static (left, right) => left.Id.CompareTo(right.Id));
        open = Array.FindAll(byId, static shard => shard.IsOpen);
        Array.Sort(open, static (left, right) => left.Range.Start.CompareTo(right.Range.Start));
        starts = Array.ConvertAll(open, static shard => shard.Range.Start.Value);

        // Once a map: every put asks, and a stream may have thousands of shards.
        IsRoutable = Stream.Status is StreamStatus.Active or StreamStatus.Updating && Covers(HashKeyRange.All);
    }

    public StreamMap Map { get; }

    public StreamDescription Stream => Map.Stream;

    /// <summary>When the map was known to be current; a timestamp of the clock.</summary>
    public long FetchedTimestamp { get; }

    /// <summary>Shards that take records, in hash order.</summary>
    public ReadOnlySpan<ShardDescription> Open => open;

    public ReadOnlySpan<ShardDescription> ById => byId;

    /// <summary>True when the open shards cover every hash key: a stream in CREATING has none yet.</summary>
    public bool IsRoutable { get; }

    /// <summary>The place among <see cref="Open"/> of the shard that takes a hash key; -1 where none does.</summary>
    public int Find(HashKey key)
    {
        int low = 0, high = starts.Length - 1;
        while (low <= high)
        {
            var middle = (int)(((uint)low + (uint)high) >> 1);
            if (starts[middle] <= key.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high >= 0 && open[high].Range.Contains(key) ? high : -1;
    }

    public ShardDescription? FindShard(ShardId id)
    {
        int low = 0, high = byId.Length - 1;
        while (low <= high)
        {
            var middle = (int)(((uint)low + (uint)high) >> 1);
            var order = byId[middle].Id.CompareTo(id);
            if (order == 0)
            {
                return byId[middle];
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    /// <summary>True when open shards cover the range: the children of a closed shard are there.</summary>
    public bool Covers(HashKeyRange range)
    {
        var place = Find(range.Start);
        while (place >= 0 && open[place].Range.End < range.End)
        {
            var next = new HashKey(open[place].Range.End.Value + 1);
            place = place + 1 < open.Length && open[place + 1].Range.Contains(next) ? place + 1 : -1;
        }

        return place >= 0;
    }

    /// <summary>The children of a shard, by id.</summary>
    public List<ShardDescription> ChildrenOf(ShardId parent)
    {
        var children = new List<ShardDescription>();
        foreach (var shard in byId)
        {
            if (shard.Parents.Contains(parent))
            {
                children.Add(shard);
            }
        }

        return children;
    }

    /// <summary>The same map, known to be current at a later time.</summary>
    internal StreamRoute Confirmed(long timestamp) => new(this, timestamp);

    private StreamRoute(StreamRoute other, long fetchedTimestamp)
    {
        Map = other.Map;
        FetchedTimestamp = fetchedTimestamp;
        (starts, open, byId, IsRoutable) = (other.starts, other.open, other.byId, other.IsRoutable);
    }
}
