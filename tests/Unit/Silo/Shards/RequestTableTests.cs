using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class RequestTableTests
{
    private static BatchIdentity Request(int number) => new(new Guid(number, 0, 0, new byte[8]), BatchIdentity.RequestEpoch, (ulong)number * 77);

    [Fact]
    public void The_oldest_are_forgotten_past_the_bound_and_past_the_retention()
    {
        var table = new RequestTable(new ProducerLimits { MaxRequestsPerShard = 3, RequestRetention = TimeSpan.FromSeconds(10) });
        for (var i = 0; i < 4; i++)
        {
            table.Add(Request(i), new TakenBatch(0, i, 1, 1_000 * i));
        }

        Assert.Equal([1, 2, 3], table.All().Select(entry => (int)entry.Batches[0].FirstPosition));
        Assert.Equal(0, table.TakersOf(Request(0), 3_000).Length);
        Assert.Equal(1, table.TakersOf(Request(1), 11_000).Length);
        Assert.Equal(0, table.TakersOf(Request(1), 11_001).Length);
        table.Forget(12_001);
        Assert.Equal([3], table.All().Select(entry => (int)entry.Batches[0].FirstPosition));
    }

    [Fact]
    public void A_request_that_both_parents_of_a_merge_took_has_both()
    {
        var table = new RequestTable(new ProducerLimits());
        table.Add(Request(1), new TakenBatch(0, 5, 2, 10));
        table.Add(Request(1), new TakenBatch(1, 8, 1, 11));
        table.Add(Request(1), new TakenBatch(1, 8, 1, 11));
        Assert.Equal([0, 1], table.TakersOf(Request(1), 20).ToArray().Select(batch => batch.TakenBy));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void A_snapshot_keeps_requests_beside_producers()
    {
        var self = new Ancestor(new ShardId(0), HashKeyRange.All, 5);
        var table = new ProducerTable(self, new ProducerLimits());
        var producer = new BatchIdentity(Guid.NewGuid(), 1, 4);
        table.Add(producer, new TakenBatch(0, 1, 1, 100));
        table.Add(Request(1), new TakenBatch(0, 2, 3, 100));
        table.Add(Request(2), new TakenBatch(0, 5, 1, 101));
        var restored = new ProducerTable(self, new ProducerLimits());
        ProducerSnapshot.DecodeInto(restored, ProducerSnapshot.Encode(table));
        Assert.Equal(1, restored.ProducerCount);
        Assert.Equal(
            table.Requests.All().Select(entry => (entry.Identity, entry.Batches[0])), restored.Requests.All().Select(entry => (entry.Identity, entry.Batches[0])));
    }

    [Fact]
    public async Task A_shard_takes_a_request_once_across_reopening_and_never_runs_out_of_producers()
    {
        var fixture = new ShardFixture();
        var self = ShardFixture.Describe(0, HashKeyRange.All);
        var shard = fixture.Open(self);
        var first = await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, Request(1), "a", "b"));
        for (var i = 2; i < 200; i++)
        {
            Assert.Equal(BrokerErrorCode.None, (await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, Request(i), "c"))).Code);
        }

        var again = fixture.Open(self);
        var repeat = await ShardFixture.PutAsync(again, ShardFixture.Batch(self, Request(1), "a", "b"));
        var verdict = Assert.Single(repeat.Verdicts);
        Assert.Equal((first.FirstPosition, 2), (verdict.FirstPosition, verdict.RecordCount));
    }
}
