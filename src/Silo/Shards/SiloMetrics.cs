using System.Diagnostics.Metrics;
using Broker.Silo.Shards.Moving;

namespace Broker.Silo.Shards;

/// <summary>What becomes of shards on this silo, meter <c>Broker.Silo</c>. Costs nothing while nobody listens. Thread-safe.</summary>
internal sealed class SiloMetrics
{
    private readonly Counter<long> openings;
    private readonly Counter<long> moves;
    private readonly Counter<long> reads;

    public SiloMetrics(IMeterFactory factory, LocalShards shards, TailCache cache)
    {
        var meter = factory.Create(ShardMetrics.MeterName);
        openings = meter.CreateCounter<long>("broker.shard.openings", "{shard}", "Shards opened here, by reason: first, handover, takeover. Take-overs are failovers.");
        moves = meter.CreateCounter<long>("broker.shard.moves", "{shard}", "Shards that this silo, as the one that balances the cluster, had moved by their load.");
        reads = meter.CreateCounter<long>("broker.shard.reads", "{read}", "Reads of committed blocks, by source: memory or log.");
        meter.CreateObservableGauge("broker.shard.active", () => shards.Count, "{shard}", "Shards that are active on this silo.");
        meter.CreateObservableGauge("broker.tail.cache.size", () => cache.Bytes, "By", "Bytes of the newest blocks that are held in memory.");
    }

    public void Opened(ShardOpening reason) => openings.Add(1, new KeyValuePair<string, object?>("reason", reason switch
    {
        ShardOpening.First => "first",
        ShardOpening.Handover => "handover",
        _ => "takeover",
    }));

    public void Moved() => moves.Add(1);

    public void Read(bool isFromMemory) => reads.Add(1, new KeyValuePair<string, object?>("source", isFromMemory ? "memory" : "log"));
}
