using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Kcl.Consumer;

/// <summary>What a consumer counts: the meter <see cref="MeterName"/>, tagged with the application and the stream.</summary>
public sealed class ConsumerMetrics : IDisposable
{
    /// <summary>The name of the meter and of the source of activities; an activity is a batch with its processor.</summary>
    public const string MeterName = "Broker.Kcl.Consumer";

    private readonly Meter meter;
    private readonly bool ownsMeter;
    private readonly KeyValuePair<string, object?> application;
    private readonly Counter<long> records;
    private readonly Counter<long> bytes;
    private readonly Counter<long> checkpoints;
    private readonly Counter<long> leaseEvents;
    private readonly Counter<long> failures;
    private readonly Counter<long> connections;
    private readonly Histogram<double> processing;

    /// <param name="factory">Makes the meter; null for one of its own.</param>
    /// <param name="applicationName">The application.</param>
    /// <param name="lags">How far each shard is behind, in milliseconds, for each that is held.</param>
    internal ConsumerMetrics(IMeterFactory? factory, string applicationName, Func<IEnumerable<(ShardLease Lease, long Milliseconds)>> lags)
    {
        ownsMeter = factory is null;
        meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        application = new KeyValuePair<string, object?>("application", applicationName);
        records = meter.CreateCounter<long>("broker.consumer.records", "{record}", "Records processed, those of aggregated records each.");
        bytes = meter.CreateCounter<long>("broker.consumer.bytes", "By", "Bytes of their data.");
        checkpoints = meter.CreateCounter<long>("broker.consumer.checkpoints", "{checkpoint}", "Checkpoints that are durable.");
        leaseEvents = meter.CreateCounter<long>("broker.consumer.lease.events", "{event}", "Leases granted, kept over a lost connection, lost, released and ended, by event.");
        failures = meter.CreateCounter<long>("broker.consumer.processor.failures", "{failure}", "What processors threw, by error.");
        connections = meter.CreateCounter<long>("broker.consumer.connections.lost", "{connection}", "Calls to gateways that broke, by error.");
        processing = meter.CreateHistogram<double>("broker.consumer.processing.duration", "s", "Time of a batch in its processor.");
        meter.CreateObservableGauge(
            "broker.consumer.lag",
            () => lags().Select(lag => new Measurement<long>(
                lag.Milliseconds, application, StreamOf(lag.Lease), new KeyValuePair<string, object?>("shard", lag.Lease.ShardId))),
            "ms",
            "How far what was last given to a shard's processor is behind the shard's newest record.");
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

    internal void Processed(ShardLease lease, int recordCount, long byteCount, TimeSpan duration)
    {
        records.Add(recordCount, application, StreamOf(lease));
        bytes.Add(byteCount, application, StreamOf(lease));
        processing.Record(duration.TotalSeconds, application, StreamOf(lease));
    }

    internal void Checkpointed(ShardLease lease) => checkpoints.Add(1, application, StreamOf(lease));

    internal void LeaseEvent(ShardLease lease, string what) =>
        leaseEvents.Add(1, application, StreamOf(lease), new KeyValuePair<string, object?>("event", what));

    internal void Failed(ShardLease lease, Exception exception) =>
        failures.Add(1, application, StreamOf(lease), new KeyValuePair<string, object?>("error.type", exception.GetType().FullName));

    internal void Disconnected(string code) => connections.Add(1, application, new KeyValuePair<string, object?>("error.type", code));

    private static KeyValuePair<string, object?> StreamOf(ShardLease lease) => new("stream", lease.StreamName);
}
