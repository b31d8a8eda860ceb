using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Lineage;

/// <summary>Says what is next to be done to bring a lineage to where an operation wants it. Pure: the same lineage gives the same answer.</summary>
/// <remarks>
/// A plan is never stored. Each round is worked out from the lineage as it is, so an operation that was cut off anywhere goes on by
/// asking again, and ends when nothing is left to do.
/// </remarks>
public static class ReshardPlanner
{
    /// <summary>What is left of a split: the split itself, or nothing once the shard is closed.</summary>
    public static ImmutableArray<ReshardStep> Split(StreamLineage lineage, ShardId shard, HashKey newStart) =>
        lineage.Find(shard) is { IsOpen: true } ? [ReshardStep.Split(shard, newStart)] : [];

    /// <summary>What is left of a merge: the merge itself, or nothing once the shards are closed.</summary>
    public static ImmutableArray<ReshardStep> Merge(StreamLineage lineage, ShardId shard, ShardId adjacent) =>
        lineage.Find(shard) is { IsOpen: true } && lineage.Find(adjacent) is { IsOpen: true } ? [ReshardStep.Merge(shard, adjacent)] : [];

    /// <summary>
    /// The next round towards <paramref name="targetCount"/> equal shards: splits where a target boundary lies inside a shard, and
    /// when none does, merges of the pieces of each target range. No shard is in two steps of a round, so that a round's steps may be done in
    /// any order, and each alone.
    /// </summary>
    /// <param name="lineage">The present lineage.</param>
    /// <param name="targetCount">Equal shards to be.</param>
    /// <param name="maxSteps">Most steps in the answer.</param>
    /// <remarks>A shard with several boundaries inside is split at the middle one, so that rounds grow with the logarithm of the count.</remarks>
    public static ImmutableArray<ReshardStep> Uniform(StreamLineage lineage, int targetCount, int maxSteps)
    {
        var targets = HashKeyRange.Uniform(targetCount);
        var steps = ImmutableArray.CreateBuilder<ReshardStep>();
        foreach (var shard in lineage.Open)
        {
            if (steps.Count == maxSteps)
            {
                return steps.ToImmutable();
            }

            var first = IndexAt(targets, shard.Range.Start) + 1;
            var last = IndexAt(targets, shard.Range.End);
            if (first <= last)
            {
                steps.Add(ReshardStep.Split(shard.Id, targets[first + ((last - first) / 2)].Start));
            }
        }

        return steps.Count > 0 ? steps.ToImmutable() : Merges(lineage.Open, targets, maxSteps);
    }

    /// <summary>The next round towards at least <paramref name="targetCount"/> open shards: halves the widest. What was split by load stays split.</summary>
    /// <param name="lineage">The present lineage.</param>
    /// <param name="targetCount">Open shards to be, at least.</param>
    /// <param name="maxSteps">Most steps in the answer.</param>
    public static ImmutableArray<ReshardStep> Grow(StreamLineage lineage, int targetCount, int maxSteps) =>
    [
        .. lineage.Open
            .Where(shard => shard.Range.Middle is not null)
            .OrderByDescending(shard => shard.Range.End.Value - shard.Range.Start.Value)
            .ThenBy(shard => shard.Range.Start)
            .Take(Math.Min(targetCount - lineage.Open.Length, maxSteps))
            .Select(shard => ReshardStep.Split(shard.Id, shard.Range.Middle!.Value)),
    ];

    private static ImmutableArray<ReshardStep> Merges(ImmutableArray<ShardDescription> open, IReadOnlyList<HashKeyRange> targets, int maxSteps)
    {
        var steps = ImmutableArray.CreateBuilder<ReshardStep>();
        for (var i = 0; i + 1 < open.Length && steps.Count < maxSteps; i++)
        {
            if (targets[IndexAt(targets, open[i].Range.Start)].Contains(open[i + 1].Range))
            {
                steps.Add(ReshardStep.Merge(open[i].Id, open[i + 1].Id));
                i++;
            }
        }

        return steps.ToImmutable();
    }

    /// <summary>The index of the range that holds a key; the ranges cover the whole space in order.</summary>
    private static int IndexAt(IReadOnlyList<HashKeyRange> ranges, HashKey key)
    {
        var (low, high) = (0, ranges.Count - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (ranges[middle].Start <= key)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
