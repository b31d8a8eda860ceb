using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;

namespace Broker.Silo.Streams.Scaling;

/// <summary>Decides which shard of an ON_DEMAND stream is split next, or which two are merged. Changes nothing but its own notes.</summary>
/// <remarks>
/// What it knows of the load is what busy shards last told; it is lost with the activation, after which a shard has to be hot, or cold, for
/// the whole time again. The brakes rest on the lineage, which outlives everything: a shard's age, and how many shards were open a minute
/// ago. Used in the stream grain's turns.
/// </remarks>
public sealed class OnDemandScaler(OnDemandOptions options, TimeProvider time)
{
    /// <summary>What an ON_DEMAND stream starts with, and does not go below (AWS, CreateStream).</summary>
    public const int InitialShards = 4;

    /// <summary>Open shards at most double in this time.</summary>
    private static readonly TimeSpan DoublingTime = TimeSpan.FromMinutes(1);

    /// <summary>A shard that was busy tells so every second: one that has not for this long is no longer.</summary>
    private static readonly TimeSpan ReportsLastFor = TimeSpan.FromSeconds(3);

    private readonly Dictionary<ShardId, Observation> observed = [];
    private readonly DateTimeOffset begun = time.GetUtcNow();

    /// <summary>Notes what a shard says of its load.</summary>
    public void Note(ShardLoadReport report)
    {
        var now = time.GetUtcNow();
        var known = observed.GetValueOrDefault(report.Shard);
        var staysHot = known?.HotSince is { } since && since <= now && now - known.At <= ReportsLastFor ? since : now;
        observed[report.Shard] = new Observation(report, now, report.IsHot(options) ? staysHot : null);
    }

    /// <summary>What to do next; null for nothing.</summary>
    /// <param name="lineage">The stream's shards as they are.</param>
    /// <param name="minShards">Open shards below which nothing is merged.</param>
    /// <param name="maxShards">Open shards past which nothing is split, whatever the options allow.</param>
    public ReshardOperation? Next(StreamLineage lineage, int minShards, int maxShards)
    {
        foreach (var closed in observed.Keys.Where(shard => lineage.Find(shard) is not { IsOpen: true }).ToList())
        {
            observed.Remove(closed);
        }

        return Split(lineage, maxShards) ?? Merge(lineage, minShards);
    }

    private ReshardOperation? Split(StreamLineage lineage, int maxShards)
    {
        var now = time.GetUtcNow();
        var after = lineage.Open.Length + 1;
        if (after > Math.Min(options.MaxShards, maxShards) || after > 2 * OpenBefore(lineage, now - DoublingTime))
        {
            return null;
        }

        foreach (var (shard, load) in observed.OrderByDescending(entry => entry.Value.Report.BytesPerSecond))
        {
            if (load.HotSince is { } since && now - since >= options.HotFor && now - load.At <= ReportsLastFor
                && lineage.Find(shard) is { } description && now - Created(description) >= options.MinShardAge
                && SplitPoint.Of(description.Range, load.Report.Samples) is { } key)
            {
                return new ReshardOperation { Kind = ReshardKind.Split, Shard = shard.Index, NewStart = key.ToString(), IsAutomatic = true };
            }
        }

        return null;
    }

    private ReshardOperation? Merge(StreamLineage lineage, int minShards)
    {
        var open = lineage.Open;
        if (open.Length <= minShards)
        {
            return null;
        }

        // The narrowest pair: ranges stay alike, and what one split parted comes together first.
        (int Index, UInt128 Width)? narrowest = null;
        for (var i = 0; i + 1 < open.Length; i++)
        {
            var width = open[i + 1].Range.End.Value - open[i].Range.Start.Value;
            if ((narrowest is null || width < narrowest.Value.Width) && IsCold(open[i]) && IsCold(open[i + 1]))
            {
                narrowest = (i, width);
            }
        }

        return narrowest is not { } pair
            ? null
            : new ReshardOperation
            {
                Kind = ReshardKind.Merge,
                Shard = open[pair.Index].Id.Index,
                AdjacentShard = open[pair.Index + 1].Id.Index,
                IsAutomatic = true,
            };
    }

    private bool IsCold(ShardDescription shard)
    {
        var quietSince = Created(shard) > begun ? Created(shard) : begun;
        if (observed.TryGetValue(shard.Id, out var load) && load.At > quietSince)
        {
            quietSince = load.At;
        }

        return time.GetUtcNow() - quietSince >= options.MergeAfter;
    }

    /// <summary>Open shards at a time, or when the stream was made, whichever is later.</summary>
    private static int OpenBefore(StreamLineage lineage, DateTimeOffset at)
    {
        var first = lineage.Shards.Select(Created).DefaultIfEmpty(at).Min();
        var then = first > at ? first : at;
        return lineage.Shards.Count(shard =>
            Created(shard) <= then && (shard.ClosedUnixMilliseconds is not { } closed || closed > then.ToUnixTimeMilliseconds()));
    }

    private static DateTimeOffset Created(ShardDescription shard) => DateTimeOffset.FromUnixTimeSeconds(shard.CreatedSecond);

    /// <param name="Report">The last report.</param>
    /// <param name="At">When it came.</param>
    /// <param name="HotSince">Since when every report was of a hot shard; null where the last was not.</param>
    private sealed record Observation(ShardLoadReport Report, DateTimeOffset At, DateTimeOffset? HotSince);
}
