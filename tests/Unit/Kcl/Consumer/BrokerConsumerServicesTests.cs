using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Kcl.Consumer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;
using static Broker.Tests.Unit.Kcl.Consumer.ScriptedBroker;

namespace Broker.Tests.Unit.Kcl.Consumer;

public sealed class BrokerConsumerServicesTests
{
    [Fact]
    public async Task A_host_runs_the_consumer_with_processors_from_its_container_and_stops_it()
    {
        await using var broker = await StartAsync();
        var log = new Log();
        using var host = Build(log, options => options.Endpoints.Add(broker.Endpoint));
        await host.StartAsync();
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1, 2, 3);
        Assert.Equal(Number(3), (await call.CheckpointAsync()).SequenceNumber);
        await host.StopAsync().WaitAsync(Patience);
        await call.Goodbye.Task.WaitAsync(Patience);
        Assert.Equal(["made for shardId-000000000000", "3 records", "scope ended"], log.Lines);
    }

    [Fact]
    public async Task Options_are_checked_when_the_host_starts()
    {
        using var host = Build(new Log(), options => options.MaxRecords = 0);
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Contains("MaxRecords is 0", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_happens_is_counted_and_traced()
    {
        var counted = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ConsumerMetrics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Count(instrument, 1, tags));
        listener.Start();
        var activities = new ConcurrentQueue<Activity>();
        using var tracing = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ConsumerMetrics.MeterName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(tracing);

        await using var broker = await StartAsync();
        await using (var run = new ConsumerRun(broker, options => options.ApplicationName = "counted", (batch, _) => batch.CheckpointAsync()))
        {
            var call = await broker.JoinedAsync();
            await call.GrantAsync(1);
            await call.PushAsync(1, 10, 11);
            await call.CheckpointAsync();
            await call.HearAsync(withCredit: true);
            listener.RecordObservableInstruments();
            Assert.Equal(17, counted["broker.consumer.lag orders shardId-000000000000"]);
            await run.Consumer.StopAsync();
        }

        Assert.Equal(2, counted["broker.consumer.records orders"]);
        Assert.Equal(4, counted["broker.consumer.bytes orders"]);
        Assert.Equal(1, counted["broker.consumer.checkpoints orders"]);
        Assert.Equal(1, counted["broker.consumer.lease.events orders granted"]);
        Assert.Equal(1, counted["broker.consumer.lease.events orders released"]);
        Assert.Equal(1, counted["broker.consumer.processing.duration orders"]);
        var activity = Assert.Single(activities, activity => (string?)activity.GetTagItem("application") == "counted");
        Assert.Equal(("process orders", 2), (activity.OperationName, activity.GetTagItem("records")));

        void Count(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if ((string?)tags[0].Value == "counted")
            {
                var name = instrument.Name;
                foreach (var tag in tags[1..])
                {
                    name += $" {tag.Value}";
                }

                counted.AddOrUpdate(name, value, (_, sum) => sum + value);
            }
        }
    }

    private static IHost Build(Log log, Action<BrokerConsumerOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(log).AddScoped<Scope>();
        builder.Services.AddBrokerConsumer<Processor>(options =>
        {
            options.ApplicationName = "billing";
            options.StreamNames.Add("orders");
            configure(options);
        });
        return builder.Build();
    }

    private sealed class Log
    {
        public ConcurrentQueue<string> Lines { get; } = new();
    }

    private sealed class Scope(Log log) : IDisposable
    {
        public void Add(string line) => log.Lines.Enqueue(line);

        public void Dispose() => log.Lines.Enqueue("scope ended");
    }

    private sealed class Processor : IRecordProcessor
    {
        private readonly Scope scope;

        public Processor(Scope scope, ShardLease lease)
        {
            this.scope = scope;
            scope.Add($"made for {lease.ShardId}");
        }

        public Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
        {
            scope.Add($"{batch.Records.Count} records");
            return batch.CheckpointAsync(lost);
        }
    }
}
