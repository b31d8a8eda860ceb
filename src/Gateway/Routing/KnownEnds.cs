using Broker.Contracts.Grains;
using Broker.Contracts.Shards;

namespace Broker.Gateway.Routing;

/// <summary>How far each shard went, as its owners told this gateway: what a shard whose log went back is found out by. Thread-safe.</summary>
/// <remarks>
/// Of one owner the furthest position, and the newest owner's. It outlives appenders and subscriptions, since a database is restored while
/// nothing works. Bounded: what was not asked for the longest is forgotten by halves.
/// </remarks>
/// <param name="maxShards">Shards that are remembered.</param>
public sealed class KnownEnds(int maxShards = 65_536)
{
    private readonly Lock sync = new();
    private Dictionary<ShardKey, KnownEnd> recent = [];
    private Dictionary<ShardKey, KnownEnd> older = [];

    /// <summary>What is known of a shard; the default where nothing is.</summary>
    public KnownEnd Of(ShardKey shard)
    {
        lock (sync)
        {
            return Find(shard);
        }
    }

    /// <summary>Notes what an owner told.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="position">The position after its last durable record.</param>
    /// <param name="epoch">The owner's; 0, from an owner of an older release, is not noted.</param>
    public void Note(ShardKey shard, long position, long epoch)
    {
        if (epoch == 0)
        {
            return;
        }

        lock (sync)
        {
            var known = Find(shard);
            if (epoch > known.Epoch || (epoch == known.Epoch && position > known.Position))
            {
                Keep(shard, new KnownEnd(position, epoch));
            }
        }
    }

    private KnownEnd Find(ShardKey shard)
    {
        if (recent.TryGetValue(shard, out var known) || !older.TryGetValue(shard, out known))
        {
            return known;
        }

        Keep(shard, known);
        return known;
    }

    private void Keep(ShardKey shard, KnownEnd known)
    {
        if (recent.Count >= maxShards / 2 && !recent.ContainsKey(shard))
        {
            (older, recent) = (recent, []);
        }

        recent[shard] = known;
    }
}
