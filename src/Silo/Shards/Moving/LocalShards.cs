using System.Collections.Concurrent;
using Broker.Contracts.Shards;

namespace Broker.Silo.Shards.Moving;

/// <summary>The shards that are active on this silo. Thread-safe.</summary>
internal sealed class LocalShards
{
    private readonly ConcurrentDictionary<ShardKey, ShardRate> shards = new();
    private readonly ConcurrentDictionary<ShardKey, ShardRate> leaving = new();

    public int Count => shards.Count;

    /// <summary>How many are on their way to another silo.</summary>
    public int Moving => leaving.Count;

    public ICollection<ShardKey> Keys => shards.Keys;

    public bool Has(ShardKey shard) => shards.ContainsKey(shard);

    public void Add(ShardKey shard, ShardRate rate) => shards[shard] = rate;

    /// <summary>Takes an activation out; a later one of the same shard stays.</summary>
    public void Remove(ShardKey shard, ShardRate rate)
    {
        shards.TryRemove(KeyValuePair.Create(shard, rate));
        leaving.TryRemove(KeyValuePair.Create(shard, rate));
    }

    /// <summary>An activation is on its way to another silo, until it is taken out.</summary>
    public void Leaves(ShardKey shard, ShardRate rate) => leaving[shard] = rate;

    /// <summary>Encoded bytes and records that all take per second.</summary>
    public (double Bytes, double Records) Throughput()
    {
        var (bytes, records) = (0.0, 0.0);
        foreach (var shard in shards.Values)
        {
            var one = shard.Throughput;
            (bytes, records) = (bytes + one.Bytes, records + one.Records);
        }

        return (bytes, records);
    }

    /// <summary>The shards that cost most, the most expensive first, and the cost of all.</summary>
    public SiloLoad Measure(int limit)
    {
        var loads = shards.Select(static shard => new MovableShard(shard.Key, shard.Value.PerSecond, shard.Value.Age)).Where(static shard => shard.Cost > 0).ToList();
        loads.Sort(static (left, right) => right.Cost.CompareTo(left.Cost));
        return new SiloLoad(shards.Count, loads.Sum(static shard => shard.Cost), [.. loads.Take(limit)]);
    }
}
