namespace Broker.Kcl.Producer;

/// <summary>The lanes of a producer, and the change from one map of the stream's shards to the next.</summary>
/// <remarks>
/// The map predicts where records go, so that they can be gathered by shard. Where they really go the broker tells: a map that is out of date
/// costs time and nothing else.
/// </remarks>
internal sealed class ProducerLanes : IDisposable
{
    private const int InFlightWithoutOrder = 8;
    private readonly LaneContext context;
    private readonly Lock gate = new();
    private readonly HashSet<Lane> retiring = [];
    private volatile LaneTable table;

    public ProducerLanes(LaneContext context)
    {
        this.context = context;
        table = new LaneTable([new Lane(context, null, HashKeyRange.All, context.Options.MaxInFlightBatchesPerShard)]);
        Keyless = new Lane(context, null, HashKeyRange.All, InFlightWithoutOrder);
    }

    /// <summary>Where keys go now.</summary>
    public LaneTable Table => table;

    /// <summary>For records without a partition key, which have no order.</summary>
    public Lane Keyless { get; }

    /// <summary>Every lane that may have something left.</summary>
    public Lane[] All()
    {
        lock (gate)
        {
            foreach (var lane in retiring.Where(lane => lane.IsOver).ToArray())
            {
                lane.Dispose();
                retiring.Remove(lane);
            }

            return [.. table.Lanes, .. retiring, Keyless];
        }
    }

    /// <summary>Takes over a map of the open shards; false when it leaves holes, as one of a moment during a resharding may.</summary>
    public bool TryApply(IEnumerable<(string ShardId, HashKeyRange Range)> shards)
    {
        var sorted = shards.OrderBy(shard => shard.Range.Start).ToArray();
        var isWhole = sorted.Length > 0 && sorted[0].Range.Start == 0 && sorted[^1].Range.End == UInt128.MaxValue;
        for (var i = 1; isWhole && i < sorted.Length; i++)
        {
            isWhole = sorted[i - 1].Range.End + 1 == sorted[i].Range.Start;
        }

        if (isWhole)
        {
            Change(sorted.Select(shard => ((string?)shard.ShardId, shard.Range)), context.Options.MaxInFlightBatchesPerShard);
        }

        return isWhole;
    }

    /// <summary>Gathers all records together: the broker spreads them whatever their keys are.</summary>
    public void ApplyAuto()
    {
        if (table.Lanes is not [{ ShardId: null }])
        {
            Change([(null, HashKeyRange.All)], InFlightWithoutOrder);
        }
    }

    public void Dispose()
    {
        foreach (var lane in All())
        {
            lane.Dispose();
        }
    }

    private void Change(IEnumerable<(string? ShardId, HashKeyRange Range)> shards, int maxInFlight)
    {
        lock (gate)
        {
            var kept = table.Lanes.Where(lane => lane.ShardId is not null).ToDictionary(lane => lane.ShardId!, StringComparer.Ordinal);
            Lane[] lanes = [.. shards.Select(shard => shard.ShardId is { } id && kept.TryGetValue(id, out var lane) ? lane : new Lane(context, shard.ShardId, shard.Range, maxInFlight))];
            var ended = table.Lanes.Except(lanes).ToArray();
            foreach (var lane in ended)
            {
                retiring.Add(lane);
                lane.Retire(lanes.Where(other => other.Range.Start <= lane.Range.End && lane.Range.Start <= other.Range.End));
            }

            table = new LaneTable(lanes);
        }
    }
}
