using Broker.Contracts.Shards;

namespace Broker.Silo.Shards.Moving;

/// <summary>Which shards go where, from what all silos carry. A pure function: the same loads give the same moves.</summary>
/// <remarks>
/// A few at a time, from the silo that carries most to the one that carries least, and only what brings the two closer: the load is measured
/// again before the next. A shard that alone is most of the gap stays where it is; its stream may split it.
/// </remarks>
internal static class BalancePlan
{
    private const double LargestPart = 0.75;

    /// <param name="loads">Of the silos that answered.</param>
    /// <param name="fed">Those of them that may be given shards.</param>
    /// <param name="options">The bounds.</param>
    public static IReadOnlyList<Move> Next(IReadOnlyDictionary<SiloAddress, SiloLoad> loads, IReadOnlySet<SiloAddress> fed, BalanceOptions options)
    {
        var moves = new List<Move>();
        if (loads.Count < 2 || fed.Count == 0)
        {
            return moves;
        }

        var carried = loads.ToDictionary(static load => load.Key, static load => load.Value.Cost);
        var gone = new HashSet<ShardKey>();
        var mean = carried.Values.Average();
        while (moves.Count < options.MaxMovesPerRound)
        {
            var from = carried.OrderByDescending(static load => load.Value).ThenBy(static load => load.Key).First().Key;
            var to = carried.Where(load => fed.Contains(load.Key)).OrderBy(static load => load.Value).ThenBy(static load => load.Key).First().Key;
            var gap = carried[from] - carried[to];
            if (from.Equals(to) || carried[from] < options.MinSiloLoad || carried[from] <= mean * (1 + options.Tolerance))
            {
                return moves;
            }

            // The one that comes closest to half of the gap, so that the two meet. One that is most of the gap would only carry it over.
            MovableShard? best = null;
            foreach (var shard in loads[from].Busiest)
            {
                if (shard.Age >= options.MinStay && shard.Cost <= gap * LargestPart && !gone.Contains(shard.Key)
                    && (best is not { } known || Math.Abs(shard.Cost - (gap / 2)) < Math.Abs(known.Cost - (gap / 2))))
                {
                    best = shard;
                }
            }

            if (best is not { } chosen)
            {
                return moves;
            }

            moves.Add(new Move(chosen.Key, from, to));
            gone.Add(chosen.Key);
            carried[from] -= chosen.Cost;
            carried[to] += chosen.Cost;
        }

        return moves;
    }
}

/// <summary>A shard that is to go from one silo to another.</summary>
internal readonly record struct Move(ShardKey Shard, SiloAddress From, SiloAddress To);
