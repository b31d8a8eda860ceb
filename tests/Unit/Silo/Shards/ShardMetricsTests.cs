using System.Diagnostics.Metrics;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class ShardMetricsTests : IDisposable
{
    private static readonly ShardId Shard = new(3);

    private readonly TestMeters meters = new();
    private readonly MeterListener listener = new();
    private readonly List<(string Instrument, double Value, string Tags)> measured = [];

    public ShardMetricsTests()
    {
        listener.InstrumentPublished = (instrument, to) =>
        {
            // Other tests may have meters of the same name.
            if (instrument.Meter.Scope == meters)
            {
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
    }

    [Fact]
    public void Without_enhanced_monitoring_everything_is_told_by_stream_alone()
    {
        Measure(Stream());
        Assert.Equal(7, measured.Count);
        Assert.All(measured, measurement => Assert.Equal("stream=s", measurement.Tags));
    }

    [Fact]
    public void With_all_of_it_everything_is_told_by_shard()
    {
        Measure(Stream([.. ShardLevelMetrics.All]));
        Assert.Equal(7, measured.Count);
        Assert.All(measured, measurement => Assert.Equal("stream=s,shard=shardId-000000000003", measurement.Tags));
    }

    [Theory]
    [InlineData(ShardLevelMetrics.IncomingBytes, "broker.shard.incoming.bytes", 100)]
    [InlineData(ShardLevelMetrics.IncomingRecords, "broker.shard.incoming.records", 2)]
    [InlineData(ShardLevelMetrics.OutgoingBytes, "broker.shard.outgoing.bytes", 300)]
    [InlineData(ShardLevelMetrics.OutgoingRecords, "broker.shard.outgoing.records", 4)]
    [InlineData(ShardLevelMetrics.WriteProvisionedThroughputExceeded, "broker.shard.write.throttled", 1)]
    [InlineData(ShardLevelMetrics.ReadProvisionedThroughputExceeded, "broker.shard.read.throttled", 1)]
    [InlineData(ShardLevelMetrics.IteratorAgeMilliseconds, "broker.shard.iterator.age", 1.5)]
    public void Each_metric_that_is_on_switches_its_own_instrument_alone(string metric, string instrument, double value)
    {
        Measure(Stream(metric));
        Assert.Equal((instrument, value, "stream=s,shard=shardId-000000000003"), Assert.Single(measured, measurement => measurement.Tags != "stream=s"));
    }

    public void Dispose()
    {
        listener.Dispose();
        meters.Dispose();
    }

    private static StreamDescription Stream(params string[] metrics) =>
        new("s", new StreamGeneration(1), StreamStatus.Active, StreamMode.Provisioned, 24, 0, 1 << 20, 0, 1, 0, 1) { ShardLevelMetrics = [.. metrics] };

    private void Measure(StreamDescription stream)
    {
        var metrics = new ShardMetrics(meters);
        metrics.Incoming(stream, Shard, bytes: 100, records: 2);
        metrics.Outgoing(stream, Shard, bytes: 300, records: 4);
        metrics.WriteThrottled(stream, Shard);
        metrics.ReadThrottled(stream, Shard);
        metrics.IteratorAge(stream, Shard, TimeSpan.FromSeconds(1.5));
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        measured.Add((instrument.Name, value, string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
