using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Kcl.Producer;

/// <summary>What a producer counts: the meter <see cref="MeterName"/>, tagged with the stream.</summary>
public sealed class ProducerMetrics : IDisposable
{
    /// <summary>The name of the meter and of the source of activities; an activity is a batch from its sending to its answer.</summary>
    public const string MeterName = "Broker.Kcl.Producer";

    private readonly Meter meter;
    private readonly bool ownsMeter;
    private readonly KeyValuePair<string, object?> stream;
    private readonly Counter<long> records;
    private readonly Counter<long> bytes;
    private readonly Counter<long> failures;
    private readonly Counter<long> retries;
    private readonly Histogram<long> batchRecords;
    private readonly Histogram<double> bufferedTime;
    private readonly Histogram<double> requestTime;

    internal ProducerMetrics(IMeterFactory? factory, string streamName, Func<long> outstandingRecords, Func<long> outstandingBytes)
    {
        ownsMeter = factory is null;
        meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        stream = new KeyValuePair<string, object?>("stream", streamName);
        records = meter.CreateCounter<long>("broker.producer.records", "{record}", "Records acknowledged.");
        bytes = meter.CreateCounter<long>("broker.producer.bytes", "By", "Bytes of the batches that were acknowledged.");
        failures = meter.CreateCounter<long>("broker.producer.failures", "{record}", "Records that failed for good, by error.");
        retries = meter.CreateCounter<long>("broker.producer.retries", "{batch}", "Sendings of batches that did not succeed, by error.");
        batchRecords = meter.CreateHistogram<long>("broker.producer.batch.records", "{record}", "Records of a batch.");
        bufferedTime = meter.CreateHistogram<double>("broker.producer.buffered.duration", "s", "From a batch's first record to its first sending.");
        requestTime = meter.CreateHistogram<double>("broker.producer.request.duration", "s", "From a batch's sending to its answer.");
        meter.CreateObservableGauge("broker.producer.outstanding.records", () => new Measurement<long>(outstandingRecords(), stream), "{record}", "Records taken and not acknowledged.");
        meter.CreateObservableGauge("broker.producer.outstanding.bytes", () => new Measurement<long>(outstandingBytes(), stream), "By", "Bytes of those.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ownsMeter)
        {
            meter.Dispose();
        }
    }

    internal static ActivitySource Activities { get; } = new(MeterName);

    internal void Sent(Batch batch, TimeSpan buffered)
    {
        batchRecords.Record(batch.PromiseCount, stream);
        bufferedTime.Record(buffered.TotalSeconds, stream);
    }

    internal void Kept(int recordCount, int batchBytes, TimeSpan duration)
    {
        records.Add(recordCount, stream);
        bytes.Add(batchBytes, stream);
        requestTime.Record(duration.TotalSeconds, stream);
    }

    internal void Retried(string code) => retries.Add(1, stream, new KeyValuePair<string, object?>("error.type", code));

    internal void Failed(int recordCount, string code) => failures.Add(recordCount, stream, new KeyValuePair<string, object?>("error.type", code));
}
