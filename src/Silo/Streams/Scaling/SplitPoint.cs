using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Scaling;

/// <summary>Finds the hash key that halves an observed load. Pure.</summary>
public static class SplitPoint
{
    /// <summary>Fewer samples tell nothing.</summary>
    public const int MinSamples = 32;

    /// <summary>One part in so many of the load must go to either side, at least: else a single key carries it, and a split would not help.</summary>
    public const int LeastPart = 5;

    /// <summary>The first key of the upper half; null where no key parts the load well enough.</summary>
    /// <param name="range">The shard's range: neither half may be a single key (AWS, SplitShard).</param>
    /// <param name="samples">The load, in any order; what lies outside the range is passed over.</param>
    public static HashKey? Of(HashKeyRange range, ImmutableArray<LoadSample> samples)
    {
        var inside = samples.Where(sample => range.Contains(sample.Key)).OrderBy(sample => sample.Key).ToList();
        if (inside.Count < MinSamples)
        {
            return null;
        }

        var total = inside.Sum(sample => (long)sample.Bytes);
        var (lower, smaller) = (0L, 0L);
        HashKey? best = null;
        for (var i = 1; i < inside.Count; i++)
        {
            lower += inside[i - 1].Bytes;
            var key = inside[i].Key;
            if (key == inside[i - 1].Key || key.Value - range.Start.Value < 2 || key >= range.End || Math.Min(lower, total - lower) <= smaller)
            {
                continue;
            }

            (best, smaller) = (key, Math.Min(lower, total - lower));
        }

        return smaller * LeastPart >= total ? best : null;
    }
}
