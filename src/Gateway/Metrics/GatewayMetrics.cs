using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Broker.Contracts.Blocks;

namespace Broker.Gateway.Metrics;

/// <summary>The gateway's instruments, meter <c>Broker.Gateway</c>. Cost nothing while nobody listens.</summary>
public sealed class GatewayMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Broker.Gateway";

    private readonly Counter<long> recordsIn;
    private readonly Counter<long> bytesIn;
    private readonly Counter<long> recordsOut;
    private readonly Counter<long> bytesOut;
    private readonly Counter<long> appends;
    private readonly Counter<long> portions;
    private readonly Counter<long> blockBytes;
    private readonly Counter<long> retries;
    private readonly Counter<long> reroutes;
    private readonly Histogram<double> appendSeconds;
    private readonly UpDownCounter<long> subscriptions;
    private readonly UpDownCounter<long> sessions;

    public GatewayMetrics(IMeterFactory factory, TimeProvider clock)
    {
        Streams = new StreamMetrics(factory, clock);
        Requests = new RequestMetrics(factory, clock);
        var meter = factory.Create(MeterName);
        recordsIn = meter.CreateCounter<long>("broker.gateway.records.in", "{record}", "Records put on their way to shards.");
        bytesIn = meter.CreateCounter<long>("broker.gateway.bytes.in", "By", "Encoded bytes of those records.");
        recordsOut = meter.CreateCounter<long>("broker.gateway.records.out", "{record}", "Records sent to readers.");
        bytesOut = meter.CreateCounter<long>("broker.gateway.bytes.out", "By", "Bytes of answers with records.");
        appends = meter.CreateCounter<long>("broker.gateway.appends", "{call}", "Append calls to shards.");
        portions = meter.CreateCounter<long>("broker.gateway.append.portions", "{portion}", "Portions that those calls carried.");
        blockBytes = meter.CreateCounter<long>("broker.gateway.append.bytes", "By", "Bytes of the blocks that those calls carried, compressed where that pays.");
        retries = meter.CreateCounter<long>("broker.gateway.append.retries", "{call}", "Append calls sent again.");
        reroutes = meter.CreateCounter<long>("broker.gateway.append.reroutes", "{shard}", "Closed shards whose queue went to their children.");
        appendSeconds = meter.CreateHistogram<double>("broker.gateway.append.duration", "s", "From an append call to its durable answer.");
        subscriptions = meter.CreateUpDownCounter<long>("broker.gateway.subscriptions", "{subscription}", "SubscribeToShard calls that run.");
        sessions = meter.CreateUpDownCounter<long>("broker.gateway.produce.sessions", "{session}", "Produce calls that run.");
    }

    /// <summary>By stream.</summary>
    public StreamMetrics Streams { get; }

    /// <summary>By operation.</summary>
    public RequestMetrics Requests { get; }

    public void RecordsIn(int records, long bytes)
    {
        recordsIn.Add(records);
        bytesIn.Add(bytes);
    }

    public void RecordsOut(int records, long bytes)
    {
        recordsOut.Add(records);
        bytesOut.Add(bytes);
    }

    public void Append(int portionCount, ImmutableArray<RecordBlock> blocks)
    {
        appends.Add(1);
        portions.Add(portionCount);
        if (blockBytes.Enabled)
        {
            foreach (var block in blocks)
            {
                blockBytes.Add(block.EncodedLength);
            }
        }
    }

    public void Appended(TimeSpan duration) => appendSeconds.Record(duration.TotalSeconds);

    public void Retry() => retries.Add(1);

    public void Reroute() => reroutes.Add(1);

    public void Subscription(int change) => subscriptions.Add(change);

    public void Session(int change) => sessions.Add(change);
}
