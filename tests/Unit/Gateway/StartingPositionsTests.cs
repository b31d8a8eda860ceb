using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Reading;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class StartingPositionsTests
{
    [Fact]
    public async Task A_place_is_checked_with_the_sentences_of_AWS()
    {
        var harness = new AppendHarness(new FakeCluster(2));
        var batch = await harness.PutAsync(AppendHarness.Records(20));
        var positions = new StartingPositions(harness.Cluster, harness.Routes, new BrokerIdentity(), TimeProvider.System);
        var route = await harness.Routes.GetAsync("s");
        var part = batch.Parts.First(static part => part.Shard.Index == 0);
        var shard = route.FindShard(part.Shard)!;

        Assert.Equal(1, await ResolveAsync(At(part.SequenceNumber(1))));
        Assert.Equal(2, await ResolveAsync(After(part.SequenceNumber(1))));
        Assert.Equal(part.Indexes.Length, await ResolveAsync(new V1.StartingPosition { Type = V1.ShardIteratorType.Latest }));
        await RefusedAsync("It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000",
            At(part.SequenceNumber(0) with { ShardIndex = 1 }));
        await RefusedAsync("is invalid because it did not come from this stream.", At(part.SequenceNumber(0) with { ShardCreatedSecond = 5 }));
        await RefusedAsync("lies beyond the shard's newest record", After(part.SequenceNumber(0) with { Position = 99 }));
        await RefusedAsync("is invalid.", new V1.StartingPosition { Type = V1.ShardIteratorType.AtSequenceNumber, SequenceNumber = "17" });
        await RefusedAsync("no StartingSequenceNumber", new V1.StartingPosition { Type = V1.ShardIteratorType.AtSequenceNumber });
        await RefusedAsync("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.", new V1.StartingPosition
        {
            Type = V1.ShardIteratorType.AtTimestamp,
            Timestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(1)),
        });
        await RefusedAsync("starting_position.type", new V1.StartingPosition());

        Task<long> ResolveAsync(V1.StartingPosition start) => positions.ResolveAsync(route, shard, start, default).AsTask();

        async Task RefusedAsync(string message, V1.StartingPosition start)
        {
            var exception = await Assert.ThrowsAsync<BrokerException>(() => ResolveAsync(start));
            Assert.Equal(BrokerErrorCode.InvalidArgument, exception.Code);
            Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_shard_that_another_gateway_told_of_is_found_and_one_that_nobody_has_is_not()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var positions = new StartingPositions(harness.Cluster, harness.Routes, new BrokerIdentity(), TimeProvider.System);
        var stale = await harness.Routes.GetAsync("s");
        harness.Cluster.Split(harness.Cluster[0]);
        var (route, shard) = await positions.FindShardAsync(stale, "shardId-000000000002", default);
        Assert.Equal((2, 3), (shard.Id.Index, route.ById.Length));
        var missing = await Assert.ThrowsAsync<BrokerException>(() => positions.FindShardAsync(route, "shardId-000000000003", default).AsTask());
        Assert.Equal(BrokerErrorCode.ResourceNotFound, missing.Code);
    }

    [Fact]
    public async Task A_shard_that_a_stale_map_lacks_is_looked_for_in_one_that_the_store_confirms()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        var positions = new StartingPositions(harness.Cluster, harness.Routes, new BrokerIdentity(), TimeProvider.System);
        var stale = await harness.Routes.GetAsync("s");
        harness.Cluster.HoldsMap = true;
        harness.Cluster.Split(harness.Cluster[0]);
        var (_, shard) = await positions.FindShardAsync(stale, "shardId-000000000002", default);
        Assert.Equal(2, shard.Id.Index);
    }

    private static V1.StartingPosition At(SequenceNumber number) =>
        new() { Type = V1.ShardIteratorType.AtSequenceNumber, SequenceNumber = number.ToString() };

    private static V1.StartingPosition After(SequenceNumber number) =>
        new() { Type = V1.ShardIteratorType.AfterSequenceNumber, SequenceNumber = number.ToString() };
}
