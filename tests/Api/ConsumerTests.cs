using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Broker.Kcl.Consumer;
using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>The .NET consumer against the real process: shared shards, aggregated records, resharding, kills.</summary>
[Collection("api")]
public sealed class ConsumerTests(ApiFixture api)
{
    private const int Keys = 24;

    [Theory]
    [InlineData(RetrievalMode.Push)]
    [InlineData(RetrievalMode.Polling)]
    public async Task TwoConsumersProcessAllRecordsInOrderAcrossASplitAndAMerge(RetrievalMode retrieval)
    {
        var stream = await api.CreateAsync(shards: 2);
        var seen = new Seen();
        await using var first = Consumer(api.Broker, stream, seen, options => options.Retrieval = retrieval);
        await using var second = Consumer(api.Broker, stream, seen, options => options.Retrieval = retrieval);
        var running = Task.WhenAll(first.RunAsync(), second.RunAsync());
        await Eventually.HoldsAsync(() => first.Leases.Count == 1 && second.Leases.Count == 1, "each has a shard", running);
        await using (var producer = Producer(api.Broker, stream, aggregated: true))
        {
            await PutAsync(producer, 0, 30);
            await api.Streams.SplitShardAsync(new SplitShardRequest
            {
                StreamName = stream,
                ShardToSplit = "shardId-000000000000",
                NewStartingHashKey = "42535295865117307932921825928971026432",
            });
            await api.ActiveAsync(stream);
            await PutAsync(producer, 30, 60);
            await api.Streams.MergeShardsAsync(new MergeShardsRequest
            {
                StreamName = stream,
                ShardToMerge = "shardId-000000000003",
                AdjacentShardToMerge = "shardId-000000000001",
            });
            await api.ActiveAsync(stream);
            await PutAsync(producer, 60, 90);
        }

        await Eventually.HoldsAsync(() => seen.Count >= Keys * 90, "all records came", running);
        await first.StopAsync();
        await second.StopAsync();
        await running;
        Assert.Equal(Keys * 90, seen.Count);
        Assert.All(seen.Keys.Values, numbers => Assert.Equal(Enumerable.Range(0, 90), numbers));

        // Whoever comes next begins behind it all.
        await using (var producer = Producer(api.Broker, stream, aggregated: false))
        {
            await PutAsync(producer, 90, 91);
        }

        var later = new Seen();
        await using var third = Consumer(api.Broker, stream, later);
        running = third.RunAsync();
        await Eventually.HoldsAsync(() => later.Count >= Keys, "the rest came", running);
        await third.StopAsync();
        await running;
        Assert.All(later.Keys.Values, numbers => Assert.Equal([90], numbers));
    }

    [Fact]
    public async Task AProcessorGoesOnWhenItsBrokerIsKilledAndComesBack()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        const string Stream = "killed";
        using (var channel = broker.Connect())
        {
            var streams = new StreamService.StreamServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 1, Mode = StreamMode.OnDemand });
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
        }

        var seen = new Seen();
        await using var consumer = Consumer(broker, Stream, seen, options => options.FailoverTime = TimeSpan.FromMinutes(2));
        var running = consumer.RunAsync();
        await using var producer = Producer(broker, Stream, aggregated: false);
        await PutAsync(producer, 0, 10);
        await Eventually.HoldsAsync(() => seen.Count >= Keys * 10, "the first records came", running);
        await broker.KillAsync();
        await broker.StartAsync();
        await PutAsync(producer, 10, 20);
        await Eventually.HoldsAsync(() => seen.Count >= Keys * 20, "the others came", running);
        await consumer.StopAsync();
        await running;

        // Nothing came twice: the one processor went on.
        Assert.Equal(1, seen.Processors);
        Assert.All(seen.Keys.Values, numbers => Assert.Equal(Enumerable.Range(0, 20), numbers));
    }

    private static BrokerConsumer Consumer(BrokerProcess broker, string stream, Seen seen, Action<BrokerConsumerOptions>? configure = null)
    {
        var options = new BrokerConsumerOptions
        {
            ApplicationName = $"app-{stream}",
            StreamNames = [stream],
            Endpoints = [new Uri(broker.Endpoint)],
            InitialPosition = InitialPosition.TrimHorizon,
        };
        configure?.Invoke(options);
        return new BrokerConsumer(options, _ => new Processor(seen));
    }

    private static BrokerProducer Producer(BrokerProcess broker, string stream, bool aggregated) => new(new BrokerProducerOptions
    {
        StreamName = stream,
        Endpoints = [new Uri(broker.Endpoint)],
        AggregationEnabled = aggregated,
    });

    private static Task PutAsync(BrokerProducer producer, int first, int end) => Task.WhenAll(
        from number in Enumerable.Range(first, end - first)
        from key in Enumerable.Range(0, Keys)
        select producer.PutAsync($"key-{key}", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))));

    /// <summary>What all processors of a test saw, by key, in order.</summary>
    private sealed class Seen
    {
        private int count;
        private int processors;

        public ConcurrentDictionary<string, ConcurrentQueue<int>> Keys { get; } = new();

        public int Count => Volatile.Read(ref count);

        public int Processors => Volatile.Read(ref processors);

        public void Begin() => Interlocked.Increment(ref processors);

        public void Add(ConsumerRecord record)
        {
            Keys.GetOrAdd(record.PartitionKey, _ => new()).Enqueue(int.Parse(Encoding.UTF8.GetString(record.Data.Span), CultureInfo.InvariantCulture));
            Interlocked.Increment(ref count);
        }
    }

    private sealed class Processor(Seen seen) : IRecordProcessor
    {
        public Task InitializeAsync(ShardLease lease, CancellationToken lost)
        {
            seen.Begin();
            return Task.CompletedTask;
        }

        public Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
        {
            foreach (var record in batch.Records)
            {
                seen.Add(record);
            }

            return batch.CheckpointAsync(lost);
        }
    }
}
