using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Shards;

/// <summary>What shards take and give, meter <c>Broker.Silo</c>: by stream, and by shard where enhanced monitoring asks for it. Cost nothing while nobody listens.</summary>
/// <remarks>
/// The instruments are AWS's shard-level metrics. Outgoing is what left the shard: the subscribers of one gateway share an answer, so it counts
/// once for all of them. Called in shards' turns.
/// </remarks>
internal sealed class ShardMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Broker.Silo";

    private readonly Counter<long> bytesIn;
    private readonly Counter<long> recordsIn;
    private readonly Counter<long> bytesOut;
    private readonly Counter<long> recordsOut;
    private readonly Counter<long> writesThrottled;
    private readonly Counter<long> readsThrottled;
    private readonly Counter<long> losses;
    private readonly Counter<long> recordsLost;
    private readonly Histogram<double> iteratorAge;

    public ShardMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        bytesIn = meter.CreateCounter<long>("broker.shard.incoming.bytes", "By", "Encoded bytes of records that became durable.");
        recordsIn = meter.CreateCounter<long>("broker.shard.incoming.records", "{record}", "Records that became durable.");
        bytesOut = meter.CreateCounter<long>("broker.shard.outgoing.bytes", "By", "Encoded bytes of records given to gateways.");
        recordsOut = meter.CreateCounter<long>("broker.shard.outgoing.records", "{record}", "Records given to gateways.");
        writesThrottled = meter.CreateCounter<long>("broker.shard.write.throttled", "{call}", "Appends refused by the shard's write limit.");
        readsThrottled = meter.CreateCounter<long>("broker.shard.read.throttled", "{call}", "GetRecords calls refused by the shard's read limit.");
        losses = meter.CreateCounter<long>("broker.shard.losses", "{shard}", "Shards found to have lost acknowledged records. Anything but 0 is for an operator.");
        recordsLost = meter.CreateCounter<long>("broker.shard.lost.records", "{record}", "Acknowledged records known to be lost.");
        iteratorAge = meter.CreateHistogram<double>("broker.shard.iterator.age", "s", "Age of the last record that a GetRecords call got; 0 at the tail.");
    }

    public void Incoming(StreamDescription stream, ShardId shard, long bytes, int records)
    {
        Add(bytesIn, stream, shard, ShardLevelMetrics.IncomingBytes, bytes);
        Add(recordsIn, stream, shard, ShardLevelMetrics.IncomingRecords, records);
    }

    public void Outgoing(StreamDescription stream, ShardId shard, long bytes, long records)
    {
        Add(bytesOut, stream, shard, ShardLevelMetrics.OutgoingBytes, bytes);
        Add(recordsOut, stream, shard, ShardLevelMetrics.OutgoingRecords, records);
    }

    public void WriteThrottled(StreamDescription stream, ShardId shard) =>
        Add(writesThrottled, stream, shard, ShardLevelMetrics.WriteProvisionedThroughputExceeded, 1);

    public void ReadThrottled(StreamDescription stream, ShardId shard) =>
        Add(readsThrottled, stream, shard, ShardLevelMetrics.ReadProvisionedThroughputExceeded, 1);

    public void IteratorAge(StreamDescription stream, ShardId shard, TimeSpan age)
    {
        if (iteratorAge.Enabled)
        {
            iteratorAge.Record(age.TotalSeconds, Tags(stream, shard, ShardLevelMetrics.IteratorAgeMilliseconds));
        }
    }

    /// <summary>A loss was found. It names its shard whatever is monitored: there are few, and each matters.</summary>
    public void Lost(StreamDescription stream, ShardId shard, long records)
    {
        var tags = new TagList { { "stream", stream.Name }, { "shard", shard.ToString() } };
        losses.Add(1, tags);
        recordsLost.Add(records, tags);
    }

    private static void Add(Counter<long> counter, StreamDescription stream, ShardId shard, string metric, long value)
    {
        if (counter.Enabled)
        {
            counter.Add(value, Tags(stream, shard, metric));
        }
    }

    private static TagList Tags(StreamDescription stream, ShardId shard, string metric)
    {
        var tags = new TagList { { "stream", stream.Name } };
        if (stream.ShardLevelMetrics.Contains(metric))
        {
            tags.Add("shard", shard.ToString());
        }

        return tags;
    }
}
