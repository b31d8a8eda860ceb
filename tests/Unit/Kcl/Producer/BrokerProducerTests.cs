using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Broker.Kcl.Aggregation;
using Broker.Kcl.Producer;
using Broker.Tests.Unit.Cli;
using Broker.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using PutRecord = Broker.Kcl.Producer.PutRecord;
using ShardRange = Broker.Kcl.HashKeyRange;

namespace Broker.Tests.Unit.Kcl.Producer;

/// <summary>The producer over real gRPC against a broker in memory, which is held, cut off, resharded and made to refuse.</summary>
public sealed class BrokerProducerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Records_are_taken_once_in_the_order_of_their_keys_over_lost_connections_refusals_and_resharding()
    {
        await using var broker = await InMemoryBroker.StartAsync(2, refuseEvery: 7);
        await using var producer = Producer(broker, options => options.MaxBatchRecords = 20);
        var puts = new ConcurrentBag<(string Key, int Number, PutResult Result)>();
        var putting = Task.WhenAll(Enumerable.Range(0, 16).Select(key => Task.Run(async () =>
        {
            // Runs of puts that are not awaited one by one: their order is the producer's matter.
            for (var number = 0; number < 300; number += 30)
            {
                var run = Enumerable.Range(number, 30).Select(n => (Number: n, Put: producer.PutAsync($"k{key}", Text(n)))).ToArray();
                foreach (var (n, put) in run)
                {
                    puts.Add(($"k{key}", n, await put));
                }
            }
        })));
        broker.Disconnect();
        broker.Split("shardId-000000000000");
        await UntilAsync(() => puts.Count > 1_000);
        broker.Disconnect();
        broker.Merge("shardId-000000000003", "shardId-000000000001");
        await putting.WaitAsync(Patience);

        Assert.Equal(16 * 300, puts.Count);
        var stored = Stored(broker);
        Assert.Equal(16 * 300, stored.Count);
        foreach (var key in stored.GroupBy(record => record.Key))
        {
            Assert.Equal(Enumerable.Range(0, 300), key.Select(record => record.Number));
        }

        Assert.Equal(
            stored.Select(record => (record.Key, record.Number, record.ShardId, record.Sequence)).Order(),
            puts.Select(put => (put.Key, put.Number, put.Result.ShardId, put.Result.SequenceNumber)).Order());
        Assert.Contains(puts, put => put.Result.Attempts.Count > 1 && put.Result.Attempts[^1].ErrorCode is null);
        Assert.Equal(0, producer.OutstandingRecords);
        Assert.Equal(0, producer.OutstandingBytes);
    }

    [Fact]
    public async Task Records_wait_for_their_batch_to_fill_or_for_their_time_or_for_a_flush()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        // Otherwise a batch is ended early when the shards become known.
        broker.Distribution = RecordDistributionStrategy.Auto;
        var time = new FakeTimeProvider();
        await using var producer = Producer(
            broker, options => (options.MaxBufferedTime, options.MaxBatchRecords, options.RecordTimeToLive) = (TimeSpan.FromSeconds(10), 10, TimeSpan.FromMinutes(10)), time);
        var full = await PutAllAsync(producer, 10);
        Assert.Equal([10], Sizes(broker));

        var few = Enumerable.Range(0, 3).Select(i => producer.PutAsync("k", Text(i))).ToArray();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.All(few, put => Assert.False(put.IsCompleted));
        time.Advance(TimeSpan.FromSeconds(2));
        await Task.WhenAll(few).WaitAsync(Patience);
        Assert.Equal([10, 3], Sizes(broker));

        var flushed = Enumerable.Range(0, 4).Select(i => producer.PutAsync("k", Text(i))).ToArray();
        await producer.FlushAsync().WaitAsync(Patience);
        Assert.All(flushed, put => Assert.True(put.IsCompletedSuccessfully));
        Assert.Equal([10, 3, 4], Sizes(broker));
        Assert.Equal(10, full.Select(result => result.SequenceNumber).Distinct().Count());
    }

    [Fact]
    public async Task Batches_end_at_their_bytes_and_a_larger_record_has_one_of_its_own()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        // Otherwise a batch is ended early when the shards become known.
        broker.Distribution = RecordDistributionStrategy.Auto;
        var time = new FakeTimeProvider();
        await using var producer = Producer(
            broker, options => (options.MaxBufferedTime, options.MaxBatchBytes) = (TimeSpan.FromSeconds(10), 2_048), time);
        var puts = new[] { 600, 600, 600, 600, 5_000, 10 }.Select(bytes => producer.PutAsync("k", new byte[bytes])).ToArray();
        await producer.FlushAsync().WaitAsync(Patience);
        await Task.WhenAll(puts);
        Assert.Equal([3, 1, 1, 1], Sizes(broker));
    }

    [Fact]
    public async Task Puts_wait_for_room_in_their_order_and_can_give_up()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        var release = broker.Hold();
        await using var producer = Producer(broker, options => options.MaxOutstandingRecords = 5);
        using var cancellation = new CancellationTokenSource();
        var taken = Enumerable.Range(0, 5).Select(i => producer.PutAsync("k", Text(i))).ToArray();
        var waiting = producer.PutAsync("k", Text(5));
        var givenUp = producer.PutAsync(new PutRecord("k", Text(99)), cancellation.Token);
        var last = producer.PutAsync("k", Text(6));
        Assert.Equal(5, producer.OutstandingRecords);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        Assert.DoesNotContain(taken.Append(waiting).Append(last), put => put.IsCompleted);

        release();
        await producer.FlushAsync().WaitAsync(Patience);
        Assert.All(taken.Append(waiting).Append(last), put => Assert.True(put.IsCompletedSuccessfully));
        Assert.Equal(Enumerable.Range(0, 7), Stored(broker).Select(record => record.Number));
    }

    [Fact]
    public async Task A_record_larger_than_all_room_goes_when_it_is_alone()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        await using var producer = Producer(broker, options => options.MaxOutstandingBytes = 1_024);
        var puts = new[] { 3_000, 10, 5_000 }.Select(bytes => producer.PutAsync("k", new byte[bytes])).ToArray();
        await Task.WhenAll(puts).WaitAsync(Patience);
        Assert.Equal(0, producer.OutstandingBytes);
    }

    [Fact]
    public async Task Records_expire_and_say_whether_they_may_be_stored()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        var release = broker.Hold();
        await using var producer = Producer(broker, options => options.RecordTimeToLive = TimeSpan.FromMilliseconds(500));
        var sent = producer.PutAsync("k", Text(0));
        await UntilAsync(() => !broker.Sent.IsEmpty);
        var unsent = producer.PutAsync("k", Text(1));
        var first = await Assert.ThrowsAsync<PutFailedException>(() => sent.WaitAsync(Patience));
        var second = await Assert.ThrowsAsync<PutFailedException>(() => unsent.WaitAsync(Patience));
        Assert.Equal((PutErrorCode.Expired, true), (first.ErrorCode, first.MayBeStored));
        Assert.Equal(PutErrorCode.Expired, second.ErrorCode);
        release();
        await producer.PutAsync("k", Text(2)).WaitAsync(Patience);
        Assert.Equal(0, producer.OutstandingRecords);
    }

    [Fact]
    public async Task A_record_that_was_never_sent_expires_as_one_that_is_not_stored()
    {
        await using var producer = new BrokerProducer(new BrokerProducerOptions
        {
            StreamName = "s",
            Endpoints = [new Uri($"http://127.0.0.1:{Harness.BrokerProcess.FreePort()}")],
            RecordTimeToLive = TimeSpan.FromMilliseconds(300),
        });
        var failure = await Assert.ThrowsAsync<PutFailedException>(() => producer.PutAsync("k", Text(0)).WaitAsync(Patience));
        Assert.Equal((PutErrorCode.Expired, false, 0), (failure.ErrorCode, failure.MayBeStored, failure.Attempts.Count));
    }

    [Fact]
    public async Task What_is_refused_for_the_moment_is_sent_again_and_what_is_refused_for_good_fails()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        var refusals = 2;
        broker.Answer = batch => batch.Records[0].PartitionKey == "bad" ? new ProduceAck { ErrorCode = "KMS_DISABLED", ErrorMessage = "off" }
            : refusals-- > 0 ? new ProduceAck { ErrorCode = "PROVISIONED_THROUGHPUT_EXCEEDED", ErrorMessage = "slow", RetryAfter = new() { Nanos = 1_000_000 } }
            : null;
        await using var producer = Producer(broker);
        var result = await producer.PutAsync("good", Text(0)).WaitAsync(Patience);
        Assert.Equal(["PROVISIONED_THROUGHPUT_EXCEEDED", "PROVISIONED_THROUGHPUT_EXCEEDED", null], result.Attempts.Select(attempt => attempt.ErrorCode));
        var failure = await Assert.ThrowsAsync<PutFailedException>(() => producer.PutAsync("bad", Text(1)).WaitAsync(Patience));
        Assert.Equal(("KMS_DISABLED", 1), (failure.ErrorCode, failure.Attempts.Count));
        Assert.Equal("off", failure.Attempts[0].ErrorMessage);
        Assert.Single(Stored(broker));
    }

    [Fact]
    public async Task One_malformed_record_fails_alone()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        broker.Answer = batch => batch.Records.Any(record => record.Data.Length > 100) ? new ProduceAck { ErrorCode = "INVALID_ARGUMENT", ErrorMessage = "too large" } : null;
        var release = broker.Hold();
        await using var producer = Producer(broker);
        var first = producer.PutAsync("k", Text(0));
        await UntilAsync(() => !broker.Sent.IsEmpty);
        var puts = Enumerable.Range(1, 20).Select(i => producer.PutAsync("k", i == 13 ? new byte[101] : Text(i))).ToArray();
        release();
        var failure = await Assert.ThrowsAsync<PutFailedException>(() => puts[12].WaitAsync(Patience));
        Assert.Equal(("INVALID_ARGUMENT", false), (failure.ErrorCode, failure.MayBeStored));
        await Task.WhenAll(puts.Where(put => put != puts[12]).Append(first)).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 21).Where(i => i != 13), Stored(broker).Select(record => record.Number));
        Assert.Equal(0, producer.OutstandingBytes);
    }

    [Fact]
    public async Task A_session_that_is_refused_fails_the_records_and_is_tried_again()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        broker.Refusal = new RpcException(new Status(StatusCode.PermissionDenied, "no"));
        await using var producer = Producer(broker);
        var failure = await Assert.ThrowsAsync<PutFailedException>(() => producer.PutAsync("k", Text(0)).WaitAsync(Patience));
        Assert.Equal(("PermissionDenied", false), (failure.ErrorCode, failure.MayBeStored));
        broker.Refusal = null;
        await UntilAsync(async () =>
        {
            try
            {
                await producer.PutAsync("k", Text(1)).WaitAsync(Patience);
                return true;
            }
            catch (PutFailedException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Disposing_waits_for_what_was_taken_and_ends_what_waits_for_room()
    {
        await using var broker = await InMemoryBroker.StartAsync(2);
        var release = broker.Hold();
        var producer = Producer(broker, options => options.MaxOutstandingRecords = 2);
        var taken = new[] { producer.PutAsync("k", Text(0)), producer.PutAsync("l", Text(1)) };
        var waiting = producer.PutAsync("k", Text(2));
        var disposing = producer.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        Assert.False(disposing.IsCompleted);
        release();
        await disposing.WaitAsync(Patience);
        Assert.All(taken, put => Assert.True(put.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.PutAsync("k", Text(3)));
    }

    [Fact]
    public async Task A_caller_that_blocks_holds_up_nobody_else()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        var release = broker.Hold();
        await using var producer = Producer(broker);
        var first = producer.PutAsync("k", Text(0));
        await UntilAsync(() => !broker.Sent.IsEmpty);
        using var unblock = new ManualResetEventSlim();

        // All of one batch: the first one's caller blocks until the second one's goes on.
        var blocker = BlockAsync(producer.PutAsync("k", Text(1)));
        var other = UnblockAsync(producer.PutAsync("k", Text(2)));
        release();
        await Task.WhenAll(first, blocker, other).WaitAsync(Patience);

        async Task BlockAsync(Task put)
        {
            await put;
            Assert.True(unblock.Wait(Patience), "the second caller did not go on");
        }

        async Task UnblockAsync(Task put)
        {
            await put;
            unblock.Set();
        }
    }

    [Fact]
    public async Task Aggregated_records_are_each_told_and_those_in_a_wrong_shard_are_put_again()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        await using var producer = Producer(broker, options => (options.AggregationEnabled, options.ShardRefreshInterval) = (true, TimeSpan.FromMilliseconds(20)));

        // Until the shards are known nothing is aggregated, because nobody knows what belongs together.
        await UntilAsync(async () =>
        {
            var some = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => producer.PutAsync("before", Text(i)))).WaitAsync(Patience);
            return some.Any(result => result.SubSequenceNumber > 0);
        });

        var release = broker.Hold();
        var first = producer.PutAsync("first", Text(0));
        await UntilAsync(() => broker.Sent.Any(sent => sent.Batch.Records[0].PartitionKey == "first"));
        var puts = Enumerable.Range(0, 100).Select(i => (Key: $"k{i}", Put: producer.PutAsync($"k{i}", Text(i)))).ToArray();
        broker.Split("shardId-000000000000");
        release();
        await Task.WhenAll(puts.Select(put => put.Put).Append(first)).WaitAsync(Patience);

        var read = broker.Shards.SelectMany(shard => shard.ReadFrom(0, int.MaxValue).SelectMany(record =>
            AggregatedRecordReader.Read(record.PartitionKey, record.Data.Memory, new ShardRange(shard.Range.Start.Value, shard.Range.End.Value))
                .Select(user => (user.PartitionKey, Text: Encoding.ASCII.GetString(user.Data.Span), shard.Id, record.SequenceNumber, user.SubSequenceNumber))))
            .Where(record => record.PartitionKey.StartsWith('k')).Order().ToList();
        var told = new List<(string, string, string, string, long)>();
        foreach (var (key, put) in puts)
        {
            var result = await put;
            told.Add((key, key[1..], result.ShardId, result.SequenceNumber, result.SubSequenceNumber));
        }

        Assert.Equal(told.Order(), read);
        Assert.Contains(puts, put => put.Put.Result.Attempts.Any(attempt => attempt.ErrorCode == PutErrorCode.WrongShard));
        Assert.Equal(0, producer.OutstandingRecords);
    }

    [Fact]
    public async Task What_is_put_is_counted()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == ProducerMetrics.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Any(tag => tag is { Key: "stream", Value: "counted" }))
            {
                counted.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
            }
        });
        listener.Start();
        broker.Answer = batch => batch.Records[0].PartitionKey == "bad" ? new ProduceAck { ErrorCode = "X", ErrorMessage = "x" } : null;
        await using var producer = Producer(broker, options => options.StreamName = "counted");
        await PutAllAsync(producer, 25);
        await Assert.ThrowsAsync<PutFailedException>(() => producer.PutAsync("bad", Text(0)).WaitAsync(Patience));
        Assert.Equal((25, 1, 1), (counted["broker.producer.records"], counted["broker.producer.failures"], counted["broker.producer.retries"]));
    }

    [Fact]
    public async Task A_throttled_record_fails_at_once_where_that_is_asked_for()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        broker.Answer = batch => batch.Records[0].PartitionKey == "hot"
            ? new ProduceAck { ErrorCode = "PROVISIONED_THROUGHPUT_EXCEEDED", ErrorMessage = "slow", RetryAfter = new() { Nanos = 1_000_000 } }
            : null;
        await using var producer = Producer(broker, options => options.FailIfThrottled = true);
        var failure = await Assert.ThrowsAsync<PutFailedException>(() => producer.PutAsync("hot", Text(0)).WaitAsync(Patience));
        Assert.Equal((PutErrorCode.Throttled, 1), (failure.ErrorCode, failure.Attempts.Count));
        await producer.PutAsync("cold", Text(1)).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(257, null)]
    [InlineData(1, "")]
    [InlineData(1, "01")]
    [InlineData(1, "340282366920938463463374607431768211456")]
    public async Task A_malformed_record_is_refused_at_once(int keyLength, string? hashKey)
    {
        await using var producer = new BrokerProducer(new BrokerProducerOptions { StreamName = "s", Endpoints = [new Uri("http://127.0.0.1:1")] });
        await Assert.ThrowsAsync<ArgumentException>(() => producer.PutAsync(new PutRecord(new string('k', keyLength), default, hashKey)));
        Assert.Equal(0, producer.OutstandingRecords);
    }

    private static BrokerProducer Producer(InMemoryBroker broker, Action<BrokerProducerOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new BrokerProducerOptions { StreamName = "s", Endpoints = [broker.Endpoint], RetryDelay = TimeSpan.FromMilliseconds(5) };
        configure?.Invoke(options);
        return new BrokerProducer(options, time: time);
    }

    private static Task<PutResult[]> PutAllAsync(BrokerProducer producer, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => producer.PutAsync("k", Text(i)))).WaitAsync(Patience);

    private static byte[] Text(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static List<(string Key, int Number, string ShardId, string Sequence)> Stored(InMemoryBroker broker) =>
    [
        .. broker.Shards.SelectMany(shard => shard.ReadFrom(0, int.MaxValue).Select(record =>
            (record.PartitionKey, int.Parse(record.Data.Span, CultureInfo.InvariantCulture), shard.Id, record.SequenceNumber))),
    ];

    private static List<int> Sizes(InMemoryBroker broker) => [.. broker.Sent.Select(sent => sent.Batch.Records.Count)];

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
