using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Contracts.Errors;
using Broker.Gateway.Appending;

namespace Broker.Gateway.Metrics;

/// <summary>What clients put into streams and get out of them, meter <c>Broker.Gateway</c>, by stream: AWS's stream-level metrics. Cost nothing while nobody listens.</summary>
/// <remarks>docs/metrics.md says which of AWS's names each instrument is. Thread-safe.</remarks>
public sealed class StreamMetrics
{
    private const string StreamTag = "stream";
    private const string OperationTag = "operation";
    private const string ResultTag = "result";

    private readonly Histogram<double> putSeconds;
    private readonly Counter<long> putRecords;
    private readonly Counter<long> putBytes;
    private readonly Histogram<double> getSeconds;
    private readonly Counter<long> getRecords;
    private readonly Counter<long> getBytes;
    private readonly Counter<long> subscribeEvents;
    private readonly Counter<long> subscribeRecords;
    private readonly Counter<long> subscribeBytes;
    private readonly Histogram<double> subscribeBehind;
    private readonly TimeProvider clock;

    public StreamMetrics(IMeterFactory factory, TimeProvider clock)
    {
        this.clock = clock;
        var meter = factory.Create(GatewayMetrics.MeterName);
        putSeconds = meter.CreateHistogram<double>("broker.put.duration", "s", "From a put's last byte to the outcome of all its records; of Produce, of a batch.");
        putRecords = meter.CreateCounter<long>("broker.put.records", "{record}", "Records put, by outcome: success, throttled, failed.");
        putBytes = meter.CreateCounter<long>("broker.put.bytes", "By", "Encoded bytes of the records of puts that came to an outcome.");
        getSeconds = meter.CreateHistogram<double>("broker.get.duration", "s", "GetRecords, without the writing of the answer.");
        getRecords = meter.CreateCounter<long>("broker.get.records", "{record}", "Records that GetRecords answered with.");
        getBytes = meter.CreateCounter<long>("broker.get.bytes", "By", "Bytes of those answers.");
        subscribeEvents = meter.CreateCounter<long>("broker.subscribe.events", "{event}", "Events sent to subscribers, heartbeats among them.");
        subscribeRecords = meter.CreateCounter<long>("broker.subscribe.records", "{record}", "Records in those events.");
        subscribeBytes = meter.CreateCounter<long>("broker.subscribe.bytes", "By", "Bytes of those events.");
        subscribeBehind = meter.CreateHistogram<double>("broker.subscribe.behind", "s", "How far behind the tail an event with records was.");
    }

    /// <summary>When something began, to hand to what ends it.</summary>
    public long Now() => clock.GetTimestamp();

    /// <summary>A put has its outcomes.</summary>
    public void Put(PutOperation operation, string stream, AppendBatch batch, long started)
    {
        if (!putRecords.Enabled && !putSeconds.Enabled)
        {
            return;
        }

        var (failed, throttled) = (0, 0);
        foreach (var fault in batch.Faults)
        {
            if (fault.Code == BrokerErrorCode.ProvisionedThroughputExceeded)
            {
                throttled += fault.Indexes.Length;
            }
            else
            {
                failed += fault.Indexes.Length;
            }
        }

        var name = NameOf(operation);
        putSeconds.Record(clock.GetElapsedTime(started).TotalSeconds, new(OperationTag, name), new(StreamTag, stream));
        putBytes.Add(batch.Bytes, new(OperationTag, name), new(StreamTag, stream));
        Count("success", batch.RecordCount - failed - throttled);
        Count("throttled", throttled);
        Count("failed", failed);

        void Count(string result, int records)
        {
            if (records > 0)
            {
                putRecords.Add(records, new(OperationTag, name), new(StreamTag, stream), new(ResultTag, result));
            }
        }
    }

    /// <summary>GetRecords has a page.</summary>
    public void Got(string stream, int records, long bytes, long started)
    {
        getSeconds.Record(clock.GetElapsedTime(started).TotalSeconds, new(StreamTag, stream), new(ResultTag, "success"));
        getRecords.Add(records, new KeyValuePair<string, object?>(StreamTag, stream));
        getBytes.Add(bytes, new KeyValuePair<string, object?>(StreamTag, stream));
    }

    /// <summary>GetRecords was refused or failed.</summary>
    public void NotGot(string stream, BrokerErrorCode code, long started) => getSeconds.Record(
        clock.GetElapsedTime(started).TotalSeconds,
        new(StreamTag, stream),
        new(ResultTag, code == BrokerErrorCode.ProvisionedThroughputExceeded ? "throttled" : "failed"));

    /// <summary>An event is on its way to a subscriber.</summary>
    public void Sent(string stream, int records, long bytes, long millisBehind)
    {
        if (!subscribeEvents.Enabled && !subscribeBehind.Enabled)
        {
            return;
        }

        var tags = new TagList { { StreamTag, stream } };
        subscribeEvents.Add(1, tags);
        subscribeBytes.Add(bytes, tags);
        if (records > 0)
        {
            subscribeRecords.Add(records, tags);
            subscribeBehind.Record(millisBehind / 1000.0, tags);
        }
    }

    private static string NameOf(PutOperation operation) => operation switch
    {
        PutOperation.PutRecord => nameof(PutOperation.PutRecord),
        PutOperation.PutRecords => nameof(PutOperation.PutRecords),
        _ => nameof(PutOperation.Produce),
    };
}
