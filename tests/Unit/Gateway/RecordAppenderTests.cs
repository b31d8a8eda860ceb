using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Hosting;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class RecordAppenderTests
{
    private static readonly Guid Producer = Guid.NewGuid();

    [Fact]
    public async Task Puts_every_record_where_its_key_belongs()
    {
        var harness = new AppendHarness(new FakeCluster(4));
        var batch = await harness.PutAsync(AppendHarness.Records(500));
        AssertAllTaken(harness, batch, 500);
    }

    [Fact]
    public async Task An_identity_runs_on_over_blocks()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var batch = await harness.PutAsync(Enumerable.Range(0, 300).Select(i => ($"k{i}", $"{i}:" + new string('x', 1024))));
        Assert.Equal(300, harness.Cluster[0].Tail);
        Assert.Equal(1, harness.Cluster[0].Calls);
        Assert.Empty(batch.Faults);
    }

    [Theory]
    [InlineData(StreamMode.OnDemand)]
    [InlineData(StreamMode.Provisioned)]
    public async Task Calls_to_on_demand_shards_carry_a_sample_of_their_load(StreamMode mode)
    {
        var cluster = new FakeCluster(1) { Mode = mode };
        cluster.Publish();
        var requests = new List<AppendRequest>();
        cluster[0].Answer = request =>
        {
            requests.Add(request);
            return null;
        };
        var harness = new AppendHarness(cluster);
        for (var i = 0; i < 20; i++)
        {
            await harness.PutAsync([("large", new string('x', 90_000)), .. Enumerable.Range(0, 100).Select(static j => ($"small-{j}", new string('y', 100)))]);
        }

        var drawn = requests.SelectMany(static request => request.Load).ToList();
        if (mode == StreamMode.Provisioned)
        {
            Assert.Empty(drawn);
            return;
        }

        // About a sample every 4 KiB of 2 MB, and the large record is nine tenths of them.
        Assert.InRange(drawn.Sum(static sample => (long)sample.Bytes), 1_500_000, 2_800_000);
        Assert.InRange(drawn.Count(static sample => sample.Key == HashKey.OfPartitionKey("large")), drawn.Count * 0.7, drawn.Count * 0.97);
        Assert.All(requests, static request => Assert.InRange(request.HeldBytes, request.Blocks.Sum(static block => block.Payload.Length), long.MaxValue));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_unknown_outcome_is_retried_without_a_duplicate(int fault)
    {
        var harness = new AppendHarness(new FakeCluster(2));
        foreach (var shard in harness.Cluster.Shards)
        {
            shard.Fault = _ => shard.Calls > 2 ? FakeFault.None : fault == 0 ? FakeFault.LoseAnswer : FakeFault.LoseRequest;
        }

        var batch = await harness.PutAsync(AppendHarness.Records(100));
        AssertAllTaken(harness, batch, 100);
    }

    [Fact]
    public async Task What_stays_unknown_is_told_at_the_deadline()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        harness.Cluster[0].Fault = _ => FakeFault.LoseRequest;
        var batch = await harness.PutAsync(AppendHarness.Records(3), time: TimeSpan.FromMilliseconds(200));
        var fault = Assert.Single(batch.Faults);
        Assert.Equal(BrokerErrorCode.Unavailable, fault.Code);
        Assert.True(fault.IsUncertain);
    }

    [Fact]
    public async Task A_repeat_gets_the_first_answer()
    {
        var harness = new AppendHarness(new FakeCluster(3));
        var identity = new BatchIdentity(Producer, 0, 1);
        var first = await harness.ProduceAsync(AppendHarness.Records(50), identity);
        await first.Completion;
        var second = await harness.ProduceAsync(AppendHarness.Records(50), identity);
        await second.Completion;
        Assert.Equal(Places(first), Places(second));
        AssertAllTaken(harness, second, 50);
    }

    [Fact]
    public async Task A_repeat_of_the_same_batch_in_flight_is_not_in_the_same_call()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var identity = new BatchIdentity(Producer, 0, 1);
        var batches = new List<AppendBatch>();
        for (var i = 0; i < 5; i++)
        {
            batches.Add(await harness.ProduceAsync(AppendHarness.Records(10), identity));
        }

        await Task.WhenAll(batches.Select(static batch => batch.Completion));
        Assert.All(batches, batch => AssertAllTaken(harness, batch, 10));
    }

    [Fact]
    public async Task A_number_used_for_other_records_is_a_mismatch()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var identity = new BatchIdentity(Producer, 0, 1);
        await (await harness.ProduceAsync(AppendHarness.Records(5), identity)).Completion;
        var other = await harness.ProduceAsync(AppendHarness.Records(6), identity);
        await other.Completion;
        Assert.Equal(BrokerErrorCode.BatchMismatch, Assert.Single(other.Faults).Code);
    }

    [Fact]
    public async Task A_repeat_after_a_split_finds_what_the_parent_took()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var identity = new BatchIdentity(Producer, 0, 1);
        var first = await harness.ProduceAsync(AppendHarness.Records(50), identity);
        await first.Completion;
        harness.Cluster.Split(harness.Cluster[0]);
        var again = new AppendHarness(harness.Cluster);
        var second = await again.ProduceAsync(AppendHarness.Records(50), identity);
        await second.Completion;
        Assert.Equal(Places(first), Places(second));
        AssertAllTaken(again, second, 50);
    }

    [Fact]
    public async Task A_repeat_of_records_that_the_gateway_spread_finds_what_the_parent_took()
    {
        var cluster = new FakeCluster(2) { Distribution = RecordDistributionStrategy.Auto };
        cluster.Publish();
        var harness = new AppendHarness(cluster);
        var identity = new BatchIdentity(Producer, 0, 1);
        var first = await harness.ProduceAsync(AppendHarness.Records(50), identity);
        await first.Completion;
        harness.Cluster.Split(harness.Cluster[0]);
        var again = new AppendHarness(harness.Cluster);
        var second = await again.ProduceAsync(AppendHarness.Records(50), identity);
        await second.Completion;
        Assert.Equal(Places(first), Places(second));
        Assert.Empty(second.Faults);
        Assert.Equal(50, cluster.Shards.Sum(static shard => shard.DataInOrder().Count));
    }

    [Fact]
    public async Task A_split_in_the_middle_carries_the_records_on()
    {
        var harness = new AppendHarness(new FakeCluster(2));
        await harness.PutAsync(AppendHarness.Records(10, "warm"));
        harness.Cluster.Split(harness.Cluster[0]);
        harness.Cluster.Split(harness.Cluster[2]);
        var batch = await harness.PutAsync(AppendHarness.Records(200));
        AssertAllTaken(harness, batch, 200, others: 10);
    }

    [Fact]
    public async Task A_split_whose_answer_was_lost_makes_no_duplicate()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        cluster[0].Fault = _ => cluster[0].Calls == 1 ? FakeFault.LoseAnswer : SplitNow(cluster);
        var batch = await harness.PutAsync(AppendHarness.Records(100));
        AssertAllTaken(harness, batch, 100);
    }

    [Fact]
    public async Task A_merge_in_the_middle_brings_a_batch_together_once()
    {
        var cluster = new FakeCluster(2);
        var harness = new AppendHarness(cluster);
        await harness.PutAsync(AppendHarness.Records(1, "warm"));
        cluster.Merge(cluster[0], cluster[1]);
        var batches = new List<AppendBatch>();
        for (var i = 1; i <= 20; i++)
        {
            batches.Add(await harness.ProduceAsync(AppendHarness.Records(20, $"b{i}-"), new BatchIdentity(Producer, 0, (ulong)i)));
        }

        await Task.WhenAll(batches.Select(static batch => batch.Completion));
        Assert.All(batches, static batch => Assert.Empty(batch.Faults));
        var taken = cluster.Shards.SelectMany(static shard => shard.DataInOrder()).ToList();
        Assert.Equal(401, taken.Count);
        Assert.Equal(401, taken.Distinct().Count());
    }

    [Fact]
    public async Task One_parent_that_took_its_part_before_a_merge_is_not_asked_twice()
    {
        var cluster = new FakeCluster(2);
        var harness = new AppendHarness(cluster);
        var isMerged = false;
        cluster[1].Fault = _ =>
        {
            if (!isMerged && cluster[0].Tail > 0)
            {
                isMerged = true;
                cluster.Merge(cluster[0], cluster[1]);
            }

            return isMerged ? FakeFault.None : FakeFault.LoseRequest;
        };
        var batch = await harness.ProduceAsync(AppendHarness.Records(40), new BatchIdentity(Producer, 0, 1));
        await batch.Completion;
        AssertAllTaken(harness, batch, 40);
        Assert.True(cluster[2].Tail > 0);
    }

    [Fact]
    public async Task Children_that_the_map_does_not_have_yet_are_waited_for()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        await harness.PutAsync(AppendHarness.Records(1, "warm"));
        cluster.HoldsMap = true;
        cluster.Split(cluster[0]);
        var put = harness.PutAsync(AppendHarness.Records(30));
        while (cluster[0].Calls < 2)
        {
            await Task.Yield();
        }

        Assert.False(put.IsCompleted);
        cluster.HoldsMap = false;
        cluster.Publish();
        AssertAllTaken(harness, await put, 30, others: 1);
    }

    [Fact]
    public async Task A_throttled_put_takes_what_is_admitted_and_tells_the_rest()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        cluster[0].Answer = request => request.Blocks.Sum(static block => block.Head.RecordCount) <= 7 ? null : Throttled(7);
        var batch = await harness.PutAsync(AppendHarness.Records(10));
        Assert.Equal(3, batch.Faults.Sum(static fault => fault.Indexes.Length));
        Assert.Equal(7, batch.Parts.Sum(static part => part.Indexes.Length));
        Assert.Equal(["r0", "r1", "r2", "r3", "r4", "r5", "r6"], cluster[0].DataInOrder());
    }

    [Fact]
    public async Task A_throttled_batch_that_is_not_divisible_fails_whole()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        cluster[0].Answer = _ => Throttled(7);
        var batch = await harness.PutAsync(AppendHarness.Records(10), isDivisible: false);
        Assert.Equal(10, Assert.Single(batch.Faults).Indexes.Length);
        Assert.Equal(0, cluster[0].Tail);
    }

    [Fact]
    public async Task A_full_queue_refuses_a_put()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster, new GatewayOptions { MaxInFlightBytesPerShard = 1 });
        cluster[0].Fault = _ => FakeFault.LoseRequest;
        var encoded = await harness.EncodeAsync(AppendHarness.Records(1));
        var first = harness.Appender.TryPut(encoded, true, harness.Appender.DeadlineAfter(TimeSpan.FromMilliseconds(100)));
        Assert.NotNull(first);
        Assert.Null(harness.Appender.TryPut(encoded, true, harness.Appender.DeadlineAfter(TimeSpan.FromMilliseconds(100))));
        await first.Completion;
    }

    [Fact]
    public async Task A_deleted_stream_is_told()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        var encoded = await harness.EncodeAsync(AppendHarness.Records(1));
        cluster.IsDeleted = true;
        var batch = harness.Appender.TryPut(encoded, true, harness.Appender.DeadlineAfter(TimeSpan.FromSeconds(5)))!;
        await batch.Completion;
        Assert.Equal(BrokerErrorCode.ResourceNotFound, Assert.Single(batch.Faults).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Under_faults_and_resharding_each_record_lands_once_and_keys_keep_their_order(int seed)
    {
        var random = new Random(seed);
        var cluster = new FakeCluster(3);
        var harness = new AppendHarness(cluster);
        var batches = new List<AppendBatch>();
        for (var i = 1; i <= 150; i++)
        {
            lock (cluster.Sync)
            {
                foreach (var shard in cluster.Shards)
                {
                    shard.Fault ??= _ => random.Next(8) switch { 0 => FakeFault.LoseAnswer, 1 => FakeFault.LoseRequest, _ => FakeFault.None };
                }
            }

            batches.Add(await harness.ProduceAsync(
                Enumerable.Range(0, 12).Select(k => ($"key-{k}", $"{k}:{i}")), new BatchIdentity(Producer, 0, (ulong)i)));
            if (random.Next(6) == 0)
            {
                Reshard(cluster, random);
            }

            if (random.Next(3) == 0)
            {
                await Task.Delay(random.Next(3));
            }
        }

        await Task.WhenAll(batches.Select(static batch => batch.Completion)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.All(batches, static batch => Assert.Empty(batch.Faults));
        var taken = cluster.Shards.SelectMany(static shard => shard.DataInOrder()).ToList();
        Assert.Equal(150 * 12, taken.Count);
        foreach (var key in taken.GroupBy(static data => data.Split(':')[0]))
        {
            Assert.Equal(Enumerable.Range(1, 150), key.Select(static data => int.Parse(data.Split(':')[1])));
        }

        foreach (var batch in batches)
        {
            Assert.Equal(Enumerable.Range(0, 12), batch.Parts.SelectMany(static part => part.Indexes).Order());
        }
    }

    private static void Reshard(FakeCluster cluster, Random random)
    {
        lock (cluster.Sync)
        {
            var open = cluster.Open.OrderBy(static shard => shard.Description.Range.Start).ToList();
            if (open.Count < 3 || (open.Count < 8 && random.Next(2) == 0))
            {
                cluster.Split(open[random.Next(open.Count)]);
            }
            else
            {
                var place = random.Next(open.Count - 1);
                cluster.Merge(open[place], open[place + 1]);
            }
        }
    }

    private static FakeFault SplitNow(FakeCluster cluster)
    {
        if (cluster[0].Description.IsOpen)
        {
            cluster.Split(cluster[0]);
        }

        return FakeFault.None;
    }

    private static AppendResult Throttled(int admitted) => new(
        BrokerErrorCode.ProvisionedThroughputExceeded, 0, 0, [], admitted, "Rate exceeded for shard.");

    private static List<string> Places(AppendBatch batch) =>
        [.. batch.Parts.SelectMany(static part => part.Indexes.Select((index, i) => $"{index}@{part.SequenceNumber(i)}")).Order(StringComparer.Ordinal)];

    private static void AssertAllTaken(AppendHarness harness, AppendBatch batch, int count, int others = 0)
    {
        Assert.Empty(batch.Faults);
        Assert.Equal(Enumerable.Range(0, count), batch.Parts.SelectMany(static part => part.Indexes).Order());
        var data = harness.Cluster.Shards.ToDictionary(static shard => shard.Description.Id, static shard => shard.DataInOrder());
        Assert.Equal(count + others, data.Values.Sum(static list => list.Count));
        foreach (var part in batch.Parts)
        {
            for (var i = 0; i < part.Indexes.Length; i++)
            {
                Assert.Equal($"r{part.Indexes[i]}", data[part.Shard][(int)part.FirstPosition + i]);
            }
        }
    }
}
