using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Leases;

/// <summary>Works out from a stream's shards which leases there must be. Pure.</summary>
/// <remarks>
/// A shard gets a lease when all its parents are processed to their ends, or are gone with their records. The lease of a processed shard
/// stays until all its children have theirs; so whatever has a descendant with a lease was processed, or skipped by LATEST, and needs none.
/// </remarks>
internal static class LeaseSync
{
    /// <param name="shards">The stream's shards whose records have not all expired, open and closed.</param>
    /// <param name="leases">The leases of the stream, and whether each is ended.</param>
    /// <param name="isLatest">The application begins with the stream now, and at LATEST: with the open shards.</param>
    /// <returns>Shards that need a lease, and leases that are needed no more.</returns>
    public static LeaseSyncPlan Plan(IReadOnlyList<ShardDescription> shards, IReadOnlyDictionary<ShardId, bool> leases, bool isLatest)
    {
        var byId = shards.ToDictionary(shard => shard.Id);
        var ended = leases.Where(lease => lease.Value).Select(lease => lease.Key).ToHashSet();
        var gone = leases.Keys.Where(shard => !byId.ContainsKey(shard)).ToList();
        ended.UnionWith(gone);
        var has = leases.Keys.ToHashSet();
        var created = new List<ShardDescription>();
        if (isLatest)
        {
            created.AddRange(shards.Where(shard => shard.IsOpen && !has.Contains(shard.Id)));
        }
        else
        {
            var passed = Passed(byId, has);
            created.AddRange(shards.Where(shard => !has.Contains(shard.Id) && !passed.Contains(shard.Id)
                && shard.Parents.All(parent => ended.Contains(parent) || (!byId.ContainsKey(parent) && !has.Contains(parent)))));
        }

        has.UnionWith(created.Select(shard => shard.Id));
        var children = shards.SelectMany(shard => shard.Parents.Select(parent => (parent, shard.Id))).ToLookup(pair => pair.parent, pair => pair.Id);
        var removed = ended
            .Where(shard => leases.ContainsKey(shard))
            .Where(shard => children[shard].All(has.Contains) && (children[shard].Any() || !byId.ContainsKey(shard)))
            .ToList();
        return new LeaseSyncPlan(created, removed);
    }

    /// <summary>Shards with a descendant that has a lease.</summary>
    private static HashSet<ShardId> Passed(Dictionary<ShardId, ShardDescription> byId, HashSet<ShardId> has)
    {
        var passed = new HashSet<ShardId>();
        var rest = new Stack<ShardId>(has);
        while (rest.TryPop(out var shard))
        {
            if (byId.TryGetValue(shard, out var known))
            {
                foreach (var parent in known.Parents)
                {
                    if (passed.Add(parent))
                    {
                        rest.Push(parent);
                    }
                }
            }
        }

        return passed;
    }
}
