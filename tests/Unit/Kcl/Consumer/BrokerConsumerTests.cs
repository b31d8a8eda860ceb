using System.Collections.Concurrent;
using System.Text;
using Broker.Kcl.Aggregation;
using Broker.Kcl.Consumer;
using Broker.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Broker.Tests.Unit.Kcl.Consumer.ScriptedBroker;
using Record = Broker.V1.Record;

namespace Broker.Tests.Unit.Kcl.Consumer;

/// <summary>The consumer over real gRPC against a broker that says what the test writes down.</summary>
public sealed class BrokerConsumerTests
{
    [Fact]
    public async Task A_processor_is_led_through_its_shard_to_the_end()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(broker, options => (options.MaxLeases, options.FailoverTime) = (3, TimeSpan.FromSeconds(7)), (batch, _) => batch.CheckpointAsync());
        var call = await broker.JoinedAsync();
        Assert.Equal(("billing", run.Consumer.WorkerId, 3, 7), (call.Join.ApplicationName, call.Join.WorkerId, call.Join.MaxLeases, call.Join.FailoverTime.Seconds));
        await call.GrantAsync(5, counter: 8);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON");
        var lease = run.Processors[0].Lease!;
        Assert.Equal(("billing", run.Consumer.WorkerId, "orders", "shardId-000000000000", 8L), (lease.ApplicationName, lease.WorkerId, lease.StreamName, lease.ShardId, lease.LeaseCounter));
        Assert.Equal(["shardId-000000000099"], lease.ParentShards);
        Assert.Equal(lease, Assert.Single(run.Consumer.Leases));

        await call.PushAsync(5, 1, 2);
        await call.PushAsync(5, 3);
        await run.TellsAsync("0: process 1,2");
        Assert.Equal((5UL, Number(2), false), Told(await call.CheckpointAsync()));
        Assert.Equal(200, (await call.HearAsync(withCredit: true)).Credit.Bytes);
        await run.TellsAsync("0: process 3");
        Assert.Equal((5UL, Number(3), false), Told(await call.CheckpointAsync()));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(3), run.Processors[0].Records.Last().ApproximateArrivalTime);

        await call.SendAsync(new ConsumeResponse { ShardEnded = new ConsumeShardEnded { LeaseId = 5 } });
        await run.TellsAsync("0: ended");
        Assert.Equal((5UL, "", true), Told(await call.CheckpointAsync()));
        await run.TellsAsync("0: dispose");

        await StoppedAsync(run, call);
        static (ulong, string, bool) Told(ConsumeCheckpoint checkpoint) => (checkpoint.LeaseId, checkpoint.SequenceNumber, checkpoint.ShardEnd);
    }

    [Fact]
    public async Task Aggregated_records_are_taken_apart_and_checkpointed_by_their_parts()
    {
        await using var broker = await StartAsync();
        var at = 1;
        await using (var run = new ConsumerRun(broker, process: (batch, _) => batch.CheckpointAsync(batch.Records[at])))
        {
            var call = await broker.JoinedAsync();
            await call.GrantAsync(1);
            await call.PushAsync(1, Aggregated());
            await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process a,b,c");
            var checkpoint = await call.CheckpointAsync();
            Assert.Equal((Number(4), true, 1UL), (checkpoint.SequenceNumber, checkpoint.HasSubSequenceNumber, checkpoint.SubSequenceNumber));
            Assert.Equal([(0L, "k0", true), (1L, "k1", true), (2L, "k2", true)], run.Processors[0].Records.Select(record => (record.SubSequenceNumber, record.PartitionKey, record.IsAggregated)));
        }

        // Whoever goes on begins with the part behind it; to checkpoint the last part is to checkpoint the whole record.
        at = 0;
        await using (var run = new ConsumerRun(broker, process: (batch, _) => batch.CheckpointAsync(batch.Records[at])))
        {
            var call = await broker.JoinedAsync();
            await call.GrantAsync(1, checkpoint: new LeaseCheckpoint { Type = LeaseCheckpointType.SequenceNumber, SequenceNumber = Number(4), SubSequenceNumber = 1 });
            await call.PushAsync(1, Aggregated());
            await run.TellsAsync($"0: initialize 0 {Number(4)}:1", "0: process c");
            var checkpoint = await call.CheckpointAsync();
            Assert.Equal((Number(4), false), (checkpoint.SequenceNumber, checkpoint.HasSubSequenceNumber));
        }

        static Record Aggregated()
        {
            var writer = new AggregatedRecordWriter(10_000);
            foreach (var text in new[] { "a", "b", "c" })
            {
                Assert.True(writer.TryAdd($"k{text[0] - 'a'}", null, Encoding.UTF8.GetBytes(text)));
            }

            var record = NewRecord(4);
            record.Data = ByteString.CopyFrom(writer.Finish().Span);
            return record;
        }
    }

    [Fact]
    public async Task A_processor_goes_on_over_a_lost_connection_when_nobody_else_had_its_lease()
    {
        await using var broker = await StartAsync();
        using var go = new SemaphoreSlim(0);
        await using var run = new ConsumerRun(broker, process: async (batch, lost) =>
        {
            await go.WaitAsync(lost);
            await batch.CheckpointAsync(lost);
        });
        var first = await broker.JoinedAsync();
        await first.GrantAsync(1, counter: 3);
        await first.PushAsync(1, 1, 2);
        await first.PushAsync(1, 3);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2");
        first.Break();

        var second = await broker.JoinedAsync();
        Assert.Equal(first.Join.WorkerId, second.Join.WorkerId);
        await second.GrantAsync(1, counter: 4);
        go.Release();
        await second.PushAsync(1, 1);
        Assert.Equal(100, (await second.HearAsync(withCredit: true)).Credit.Bytes);

        // Only now has the broker pushed up to there again, and would take it.
        await second.PushAsync(1, 2, 3, 4);
        Assert.Equal(Number(2), (await second.CheckpointAsync()).SequenceNumber);
        go.Release(2);
        await run.TellsAsync("0: process 3");
        Assert.Equal(Number(3), (await second.CheckpointAsync()).SequenceNumber);
        await run.TellsAsync("0: process 4");
        Assert.Equal(Number(4), (await second.CheckpointAsync()).SequenceNumber);
        Assert.Single(run.Processors);
        await StoppedAsync(run, second, "0: shutdown", "0: dispose");
    }

    [Fact]
    public async Task A_lease_that_another_had_meanwhile_is_lost_before_its_next_processor_begins()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(broker, process: (batch, lost) => batch.Records.Count == 2 ? Task.Delay(Timeout.Infinite, lost) : Task.CompletedTask);
        var first = await broker.JoinedAsync();
        await first.GrantAsync(1, counter: 3);
        await first.PushAsync(1, 1, 2);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2");
        first.Break();
        var second = await broker.JoinedAsync();
        await second.GrantAsync(1, counter: 5, At(2));
        await second.PushAsync(1, 3);
        await run.TellsAsync("0: lost", "0: dispose", $"1: initialize 0 {Number(2)}", "1: process 3");
        await StoppedAsync(run, second, "1: shutdown", "1: dispose");
    }

    [Fact]
    public async Task A_lease_that_is_not_granted_again_in_time_is_lost_and_so_is_one_that_the_broker_takes()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(broker, process: (batch, _) => batch.CheckpointAsync());
        var first = await broker.JoinedAsync(TimeSpan.FromSeconds(2));
        await first.GrantAsync(1);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON");
        first.Break();
        var second = await broker.JoinedAsync(TimeSpan.FromSeconds(2));
        await run.TellsAsync("0: lost", "0: dispose");

        await second.GrantAsync(7, counter: 4);
        await run.TellsAsync("1: initialize 0 TRIM_HORIZON");
        await second.SendAsync(new ConsumeResponse { LeaseLost = new ConsumeLeaseLost { LeaseId = 7, Message = "taken" } });
        await run.TellsAsync("1: lost", "1: dispose");

        // The same when it is a checkpoint that tells.
        await second.GrantAsync(8, counter: 6);
        await second.PushAsync(8, 1);
        await run.TellsAsync("2: initialize 0 TRIM_HORIZON", "2: process 1");
        await second.CheckpointAsync("LEASE_LOST");
        await run.TellsAsync("2: lost", "2: dispose");
        await StoppedAsync(run, second);
    }

    [Fact]
    public async Task A_lease_that_is_asked_for_is_given_back_after_the_batch_and_what_waits_is_dropped()
    {
        await using var broker = await StartAsync();
        using var go = new SemaphoreSlim(0);
        await using var run = new ConsumerRun(broker, process: (_, lost) => go.WaitAsync(lost), shuttingDown: checkpointer => checkpointer.CheckpointAsync());
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1);
        await call.PushAsync(1, 2);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1");
        await call.SendAsync(new ConsumeResponse { HandOver = new ConsumeHandOver { LeaseId = 1, Within = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) } });
        await call.GrantAsync(2, shard: 1);
        await run.TellsAsync("1: initialize 1 TRIM_HORIZON");
        go.Release();
        await run.TellsAsync("0: shutdown");
        Assert.Equal((1UL, Number(1)), await call.CheckpointAsync() is var checkpoint ? (checkpoint.LeaseId, checkpoint.SequenceNumber) : default);
        Assert.Equal(1UL, (await call.HearAsync()).Release.LeaseId);
        await run.TellsAsync("0: dispose");
        await StoppedAsync(run, call, "1: shutdown", "1: dispose");
    }

    [Fact]
    public async Task A_stop_lets_batches_finish_and_says_goodbye_at_last()
    {
        await using var broker = await StartAsync();
        using var go = new SemaphoreSlim(0);
        await using var run = new ConsumerRun(broker, process: (_, lost) => go.WaitAsync(lost), shuttingDown: checkpointer => checkpointer.CheckpointAsync());
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1");
        var stopping = run.Consumer.StopAsync();
        await call.GrantAsync(2, shard: 1); // Comes too late: given back at once.
        Assert.Equal(2UL, (await call.HearAsync()).Release.LeaseId);
        Assert.False(call.Goodbye.Task.IsCompleted);
        go.Release();
        await run.TellsAsync("0: shutdown");
        Assert.Equal(Number(1), (await call.CheckpointAsync()).SequenceNumber);
        Assert.Equal(1UL, (await call.HearAsync()).Release.LeaseId);
        await call.Goodbye.Task.WaitAsync(Patience);
        await stopping.WaitAsync(Patience);
        await run.Running;
        await run.TellsAsync("0: dispose");
    }

    [Fact]
    public async Task A_stop_does_not_wait_longer_than_it_may()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(broker, options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(50), (_, lost) => Task.Delay(Timeout.Infinite, lost));
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1");
        await StoppedAsync(run, call, "0: lost", "0: dispose");
    }

    [Fact]
    public async Task What_a_processor_throws_has_its_batch_come_again()
    {
        await using var broker = await StartAsync();
        var failures = 2;
        await using var run = new ConsumerRun(broker, process: (batch, _) => failures-- > 0 ? throw new InvalidDataException("no") : batch.CheckpointAsync());
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1, 2);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2", "0: process 1,2", "0: process 1,2");
        Assert.Equal(Number(2), (await call.CheckpointAsync()).SequenceNumber);
        await StoppedAsync(run, call, "0: shutdown", "0: dispose");
    }

    [Fact]
    public async Task A_batch_that_failed_is_not_checkpointed_by_a_stop()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(
            broker,
            options => (options.RetryDelay, options.MaxRetryDelay) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)),
            (batch, _) => batch.Records.Count == 2 ? throw new InvalidDataException("no") : Task.CompletedTask,
            checkpointer => checkpointer.CheckpointAsync());
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1);
        await call.PushAsync(1, 2, 3);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1", "0: process 2,3");
        var stopping = run.Consumer.StopAsync();
        await run.TellsAsync("0: shutdown");
        Assert.Equal(Number(1), (await call.CheckpointAsync()).SequenceNumber);
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_batch_that_fails_can_be_skipped_or_end_the_lease_or_the_consumer()
    {
        await using var broker = await StartAsync();
        await using (var run = new ConsumerRun(
            broker,
            options => options.OnProcessorFailure = ProcessorFailure.Skip,
            (batch, _) => batch.Records.Count == 2 ? throw new InvalidDataException("no") : batch.CheckpointAsync()))
        {
            var call = await broker.JoinedAsync();
            await call.GrantAsync(1);
            await call.PushAsync(1, 1, 2);
            await call.PushAsync(1, 3);
            await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2", "0: process 3");
            Assert.Equal(Number(3), (await call.CheckpointAsync()).SequenceNumber);
            await StoppedAsync(run, call, "0: shutdown", "0: dispose");
        }

        await using (var run = new ConsumerRun(
            broker, options => options.OnProcessorFailure = ProcessorFailure.Release, (_, _) => throw new InvalidDataException("no")))
        {
            var call = await broker.JoinedAsync();
            await call.GrantAsync(1);
            await call.PushAsync(1, 1, 2);
            await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2", "0: lost", "0: dispose");
            Assert.Equal(1UL, (await call.HearAsync()).Release.LeaseId);
            await call.GrantAsync(2);
            await run.TellsAsync("1: initialize 0 TRIM_HORIZON");
            await StoppedAsync(run, call, "1: shutdown", "1: dispose");
        }

        await using var stopped = new ConsumerRun(
            broker, options => options.OnProcessorFailure = ProcessorFailure.Stop, (_, _) => throw new InvalidDataException("no"));
        var last = await broker.JoinedAsync();
        await last.GrantAsync(1);
        await last.PushAsync(1, 1, 2);
        await stopped.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2", "0: shutdown", "0: dispose");
        await last.Goodbye.Task.WaitAsync(Patience);
        var failure = await Assert.ThrowsAsync<ConsumerFailedException>(() => stopped.Running);
        Assert.Equal(ConsumerFailedException.ProcessorFailed, failure.ErrorCode);
        Assert.IsType<InvalidDataException>(failure.InnerException);
    }

    [Fact]
    public async Task Passing_errors_of_checkpoints_are_waited_out_and_wrong_ones_are_told()
    {
        await using var broker = await StartAsync();
        var faults = new ConcurrentQueue<Exception>();
        await using var run = new ConsumerRun(broker, process: async (batch, _) =>
        {
            await batch.Checkpointer.CheckpointAsync(new RecordPosition(Number(1)));
            foreach (var position in new[] { new RecordPosition(Number(9)), new RecordPosition("x"), new RecordPosition(Number(1), -1) })
            {
                faults.Enqueue(await Assert.ThrowsAsync<ArgumentException>(() => batch.Checkpointer.CheckpointAsync(position)));
            }

            faults.Enqueue(await Assert.ThrowsAsync<ArgumentException>(() => batch.Checkpointer.PrepareCheckpointAsync(new RecordPosition(Number(2)))));
        });
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1, 2);
        Assert.Equal(Number(1), (await call.CheckpointAsync("UNAVAILABLE")).SequenceNumber);
        Assert.Equal(Number(1), (await call.CheckpointAsync()).SequenceNumber);
        var prepared = await call.CheckpointAsync("INVALID_ARGUMENT");
        Assert.Equal((Number(2), true), (prepared.SequenceNumber, prepared.Pending));
        await StoppedAsync(run, call, "0: initialize 0 TRIM_HORIZON", "0: process 1,2", "0: shutdown", "0: dispose");
        Assert.Equal(4, faults.Count);
        Assert.Contains("beyond", faults.First().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_shard_holds_its_own_credit_and_others_go_on()
    {
        await using var broker = await StartAsync();
        using var go = new SemaphoreSlim(0);
        await using var run = new ConsumerRun(
            broker,
            options => (options.MaxBufferedBytesPerShard, options.MaxBufferedBytes, options.MaxRecords) = (1_000, 5_000, 2),
            (batch, lost) => batch.Lease.ShardId.EndsWith('0') ? go.WaitAsync(lost) : Task.CompletedTask);
        var call = await broker.JoinedAsync();
        Assert.Equal((1_000, 5_000), (call.Join.LeaseCreditBytes, call.Join.CreditBytes));
        await call.GrantAsync(1);
        await call.PushAsync(1, 1);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1");
        await call.GrantAsync(2, shard: 1);
        await call.PushAsync(2, 1, 2, 3);
        await run.TellsAsync("1: initialize 1 TRIM_HORIZON", "1: process 1,2", "1: process 3");
        Assert.Equal((2UL, 300), await call.HearAsync(withCredit: true) is var one ? (one.Credit.LeaseId, one.Credit.Bytes) : default);
        go.Release();
        Assert.Equal((1UL, 100), await call.HearAsync(withCredit: true) is var other ? (other.Credit.LeaseId, other.Credit.Bytes) : default);
        go.Release();
        await StoppedAsync(run, call);
    }

    [Fact]
    public async Task A_poller_asks_for_the_next_when_it_is_done_with_the_last()
    {
        await using var broker = await StartAsync();
        using var go = new SemaphoreSlim(0);
        await using var run = new ConsumerRun(
            broker, options => (options.Retrieval, options.ProcessEmptyBatches) = (RetrievalMode.Polling, true), (_, lost) => go.WaitAsync(lost));
        var call = await broker.JoinedAsync();
        Assert.Equal(1, call.Join.LeaseCreditBytes);
        await call.GrantAsync(1);
        await call.PushAsync(1, 1, 2);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON", "0: process 1,2");
        go.Release();
        Assert.Equal(200, (await call.HearAsync(withCredit: true)).Credit.Bytes);
        await call.PushAsync(1, Array.Empty<int>());
        await run.TellsAsync("0: process ");
        go.Release();
        await StoppedAsync(run, call, "0: shutdown", "0: dispose");
    }

    [Fact]
    public async Task What_the_broker_refuses_for_good_ends_the_consumer()
    {
        await using var broker = await StartAsync();
        await using var run = new ConsumerRun(broker);
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await run.TellsAsync("0: initialize 0 TRIM_HORIZON");
        call.Break(StatusCode.PermissionDenied);
        var failure = await Assert.ThrowsAsync<ConsumerFailedException>(() => run.Running.WaitAsync(Patience));
        Assert.Equal("PermissionDenied", failure.ErrorCode);
        await run.TellsAsync("0: lost", "0: dispose");
    }

    private static LeaseCheckpoint At(int record) => new() { Type = LeaseCheckpointType.SequenceNumber, SequenceNumber = Number(record) };

    /// <summary>Stops the consumer and hears its goodbye.</summary>
    private static async Task StoppedAsync(ConsumerRun run, Call call, params string[] told)
    {
        await run.Consumer.StopAsync().WaitAsync(Patience);
        await call.Goodbye.Task.WaitAsync(Patience);
        await run.Running;
        await run.TellsAsync(told);
    }
}
