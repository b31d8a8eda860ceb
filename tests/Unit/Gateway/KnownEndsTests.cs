using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class KnownEndsTests
{
    private readonly KnownEnds ends = new();

    [Fact]
    public void Of_one_owner_the_furthest_counts_and_the_newest_owner_before_all()
    {
        Assert.Equal(default, ends.Of(Key(0)));
        ends.Note(Key(0), 10, 3);
        ends.Note(Key(0), 5, 3);
        ends.Note(Key(0), 90, 2);
        ends.Note(Key(0), 90, 0);
        Assert.Equal(new KnownEnd(10, 3), ends.Of(Key(0)));
        ends.Note(Key(0), 7, 4);
        Assert.Equal(new KnownEnd(7, 4), ends.Of(Key(0)));
        Assert.Equal(default, ends.Of(Key(1)));
    }

    [Fact]
    public void What_is_used_is_remembered_and_what_is_not_is_forgotten()
    {
        var few = new KnownEnds(maxShards: 100);
        for (var shard = 0; shard < 1_000; shard++)
        {
            few.Note(Key(shard), shard, 1);
            Assert.Equal(new KnownEnd(0, 1), few.Of(Key(0)));
        }

        Assert.InRange(Enumerable.Range(0, 1_000).Count(shard => few.Of(Key(shard)).Epoch == 1), 40, 101);
    }

    [Fact]
    public async Task A_call_brings_what_earlier_answers_told()
    {
        var cluster = new FakeCluster(1);
        var shard = cluster[0];
        KnownEnd? brought = null;
        shard.Answer = request =>
        {
            brought = request.Known;
            return AppendResult.Committed(40, 1) with { Epoch = 6 };
        };
        var grain = new WitnessedShard(shard, Key(0), ends);
        var request = new AppendRequest([], [], 0);
        await grain.AppendAsync(request);
        Assert.Equal(default(KnownEnd), brought);
        await grain.AppendAsync(request);
        Assert.Equal(new KnownEnd(40, 6), brought);

        shard.Answer = _ => AppendResult.Failed(BrokerErrorCode.Unavailable, "moves") with { Epoch = 9 };
        await grain.AppendAsync(request);
        Assert.Equal(new KnownEnd(40, 6), ends.Of(Key(0)));
    }

    private static ShardKey Key(int shard) => new(new StreamGeneration(7), new ShardId(shard));
}
