using System.Collections.Concurrent;
using Broker.Contracts.Shards;

namespace Broker.Silo.Shards.Moving;

/// <summary>The shards that are active on this silo. Thread-safe.</summary>
internal sealed class LocalShards
{
    private readonly ConcurrentDictionary<ShardKey, ShardRate> shards = new();

    public int Count => shards.Count;

    public ICollection<ShardKey> Keys => shards.Keys;

    public bool Has(ShardKey shard) => shards.ContainsKey(shard);

    public void Add(ShardKey shard, ShardRate rate) => shards[shard] = rate;

    /// <summary>Takes an activation out; a later one of the same shard stays.</summary>
    public void Remove(ShardKey shard, ShardRate rate) => shards.TryRemove(KeyValuePair.Create(shard, rate));

    /// <summary>The shards that cost most, the most expensive first, and the cost of all.</summary>
    public SiloLoad Measure(int limit)
    {
        var loads = shards.Select(static shard => new MovableShard(shard.Key, shard.Value.PerSecond, shard.Value.Age)).Where(static shard => shard.Cost > 0).ToList();
        loads.Sort(static (left, right) => right.Cost.CompareTo(left.Cost));
        return new SiloLoad(shards.Count, loads.Sum(static shard => shard.Cost), [.. loads.Take(limit)]);
    }
}
