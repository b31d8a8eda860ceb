using System.IO.Hashing;
using System.Text;
using Orleans.Runtime.Placement;

namespace Broker.Silo.Shards.Placement;

/// <summary>Spreads shards evenly, and each to the same silo whoever asks: of all silos that with the highest hash together with the shard.</summary>
/// <remarks>Two silos that look for one shard's place at once agree, and a silo's end moves none but its own shards. A hint goes first: that is how shards are moved.</remarks>
internal sealed class ShardPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? Choose(target.GrainIdentity, silos));
    }

    internal static SiloAddress Choose(GrainId grain, IReadOnlyList<SiloAddress> silos)
    {
        var seed = (long)XxHash3.HashToUInt64(grain.Key.Value.Span);
        var best = silos[0];
        var highest = Weight(best, seed);
        for (var i = 1; i < silos.Count; i++)
        {
            var weight = Weight(silos[i], seed);
            if (weight > highest || (weight == highest && silos[i].CompareTo(best) > 0))
            {
                (best, highest) = (silos[i], weight);
            }
        }

        return best;
    }

    private static ulong Weight(SiloAddress silo, long seed) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(silo.ToParsableString()), seed);
}
