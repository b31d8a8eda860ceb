using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>The .NET client library's producer against the real process: killed, split and merged under load, it loses and doubles nothing.</summary>
public sealed class ProducerTests
{
    private const string Stream = "produced";
    private const string Middle = "85070591730234615865843651857942052864";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Acknowledged_records_are_there_once_in_order_and_where_they_were_told_to_be_over_kills_a_split_and_a_merge()
    {
        using var broker = new BrokerProcess("--limits", "unlimited");
        await broker.StartAsync();
        await WithStreamsAsync(broker, async streams =>
        {
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 2, Mode = StreamMode.OnDemand });
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
        });

        var puts = new ConcurrentBag<(string Key, int Number, PutResult Result)>();
        using var stop = new CancellationTokenSource();
        await using var producer = new BrokerProducer(new BrokerProducerOptions
        {
            StreamName = Stream,
            Endpoints = [new Uri(broker.Endpoint)],
            RecordTimeToLive = Patience,
            ShardRefreshInterval = TimeSpan.FromMilliseconds(50),
        });
        var putting = Task.WhenAll(Enumerable.Range(0, 24).Select(key => Task.Run(async () =>
        {
            // A third awaits each record; the others put runs, whose order is the producer's matter.
            var run = key % 3 == 0 ? 1 : 50;
            for (var number = 0; !stop.IsCancellationRequested; number += run)
            {
                var batch = Enumerable.Range(number, run).Select(n => (Number: n, Put: producer.PutAsync($"k{key}", Data(n)))).ToArray();
                foreach (var (n, put) in batch)
                {
                    puts.Add(($"k{key}", n, await put));
                }

                // The load is to be there, not to fill the machine.
                await Task.Delay(1);
            }
        })));

        await MorePutsAsync();
        await WithStreamsAsync(broker, streams => streams.SplitShardAsync(
            new SplitShardRequest { StreamName = Stream, ShardToSplit = "shardId-000000000000", NewStartingHashKey = Middle }).ResponseAsync);
        await MorePutsAsync();
        await broker.KillAsync();
        await broker.StartAsync();
        await MorePutsAsync();
        await WithStreamsAsync(broker, async streams =>
        {
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
            await streams.MergeShardsAsync(
                new MergeShardsRequest { StreamName = Stream, ShardToMerge = "shardId-000000000003", AdjacentShardToMerge = "shardId-000000000001" });
        });
        await broker.KillAsync();
        await broker.StartAsync();
        await MorePutsAsync();
        await stop.CancelAsync();
        await putting.WaitAsync(Patience);
        await producer.FlushAsync().WaitAsync(Patience);

        var read = await ReadAsync(broker);
        Assert.Equal(
            puts.Select(put => (put.Key, put.Number, put.Result.ShardId, put.Result.SequenceNumber)).Order(),
            read.Order());
        foreach (var key in read.GroupBy(record => record.Key))
        {
            Assert.Equal(Enumerable.Range(0, key.Count()), key.Select(record => record.Number));
        }

        Assert.Equal(5, read.Select(record => record.ShardId).Distinct().Count());

        async Task MorePutsAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            for (var from = puts.Count; puts.Count < from + 2_000;)
            {
                Assert.False(putting.IsCompleted, putting.Exception?.ToString() ?? broker.Output);
                await Task.Delay(10, patience.Token);
            }
        }
    }

    private static byte[] Data(int number) => Encoding.ASCII.GetBytes(number.ToString("D300", CultureInfo.InvariantCulture));

    private static async Task WithStreamsAsync(BrokerProcess broker, Func<StreamService.StreamServiceClient, Task> work)
    {
        using var channel = broker.Connect();
        await work(new StreamService.StreamServiceClient(channel));
    }

    /// <summary>Every record, parents' before children's: a child's id is the higher one.</summary>
    private static async Task<List<(string Key, int Number, string ShardId, string Sequence)>> ReadAsync(BrokerProcess broker)
    {
        using var channel = broker.Connect();
        var records = new RecordService.RecordServiceClient(channel);
        var shards = await new StreamService.StreamServiceClient(channel).ListShardsAsync(new ListShardsRequest { StreamName = Stream });
        var read = new List<(string, int, string, string)>();
        foreach (var shard in shards.Shards.OrderBy(shard => shard.ShardId, StringComparer.Ordinal))
        {
            var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
            {
                StreamName = Stream,
                ShardId = shard.ShardId,
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            })).ShardIterator;
            for (var isBehind = true; isBehind && iterator.Length > 0;)
            {
                var page = await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
                read.AddRange(page.Records.Select(record =>
                    (record.PartitionKey, int.Parse(record.Data.Span, CultureInfo.InvariantCulture), shard.ShardId, record.SequenceNumber)));
                iterator = page.NextShardIterator;
                isBehind = page.MillisBehindLatest > 0 || page.Records.Count > 0;
            }
        }

        return read;
    }
}
