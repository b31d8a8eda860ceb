using System.Globalization;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Splits, merges, uniform scaling, and the lists of shards that follow from them.</summary>
[Collection("api")]
public sealed class ReshardTests(ApiFixture api)
{
    private const string Middle = "170141183460469231731687303715884105728";

    [Fact]
    public async Task ASplitGivesTwoChildrenAndReadersGoOnInThem()
    {
        var name = await api.CreateAsync();
        var before = await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k" });
        await SplitAsync(name, "shardId-000000000000", Middle);
        var after = await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k" });

        var shards = await api.ShardsAsync(name);
        Assert.Equal(3, shards.Count);
        Assert.True(string.CompareOrdinal(after.SequenceNumber, before.SequenceNumber) > 0);
        Assert.NotEqual(before.ShardId, after.ShardId);
        Assert.True(string.CompareOrdinal(shards[0].SequenceNumberRange.EndingSequenceNumber, before.SequenceNumber) > 0);
        Assert.All(shards[1..], child =>
        {
            Assert.Equal("shardId-000000000000", child.ParentShardId);
            Assert.True(string.CompareOrdinal(child.SequenceNumberRange.StartingSequenceNumber, shards[0].SequenceNumberRange.EndingSequenceNumber) > 0);
        });
        Assert.Equal(Middle, shards[2].HashKeyRange.StartingHashKey);

        var iterator = await api.IteratorAsync(name, "shardId-000000000000", ShardIteratorType.TrimHorizon);
        var page = await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
        Assert.Equal(before.SequenceNumber, Assert.Single(page.Records).SequenceNumber);
        if (page.NextShardIterator.Length > 0)
        {
            page = await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = page.NextShardIterator });
        }

        Assert.Equal("", page.NextShardIterator);
        Assert.Equal(["shardId-000000000001", "shardId-000000000002"], page.ChildShards.Select(child => child.ShardId));
        Assert.All(page.ChildShards, child => Assert.Equal(["shardId-000000000000"], child.ParentShards));
    }

    [Fact]
    public async Task AMergeHasBothParents()
    {
        var name = await api.CreateAsync(2);
        await api.Streams.MergeShardsAsync(new MergeShardsRequest
        {
            StreamName = name,
            ShardToMerge = "shardId-000000000000",
            AdjacentShardToMerge = "shardId-000000000001",
        });
        await api.ActiveAsync(name);
        var shards = await api.ShardsAsync(name);
        Assert.Equal(("shardId-000000000000", "shardId-000000000001"), (shards[2].ParentShardId, shards[2].AdjacentParentShardId));
        Assert.Equal(("0", "340282366920938463463374607431768211455"), (shards[2].HashKeyRange.StartingHashKey, shards[2].HashKeyRange.EndingHashKey));
    }

    [Fact]
    public async Task BadSplitsAndMergesAreRefused()
    {
        var name = await api.CreateAsync(4);
        await Refused("shardId-000000000000", "0");
        await Refused("shardId-000000000000", "340282366920938463463374607431768211455");
        await Refused("shardId-000000000000", "340282366920938463463374607431768211456");
        await Refused("shardId-000000000000", "abc");
        await Refused("not-a-shard", "5");
        await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", () => SplitAsync(name, "shardId-000000000099", "5"), "shardId-000000000099");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.MergeShardsAsync(new MergeShardsRequest { StreamName = name, ShardToMerge = "shardId-000000000000", AdjacentShardToMerge = "shardId-000000000002" }),
            "shardId-000000000000", "shardId-000000000002");
        await SplitAsync(name, "shardId-000000000000", "5");
        await Refused("shardId-000000000000", "3");

        Task Refused(string shard, string key) => ApiFixture.FailsAsync("INVALID_ARGUMENT", () => SplitAsync(name, shard, key), shard == "not-a-shard" ? shard : key);
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(4, 2)]
    [InlineData(4, 7)]
    public async Task UniformScalingEndsInEqualShards(int from, int to)
    {
        var name = await api.CreateAsync(from);
        await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k" });
        var answer = await api.Streams.UpdateShardCountAsync(new UpdateShardCountRequest { StreamName = name, TargetShardCount = to });
        Assert.Equal((from, to), (answer.CurrentShardCount, answer.TargetShardCount));
        await api.ActiveAsync(name);
        var open = (await api.ShardsAsync(name, ShardFilterType.AtLatest))
            .OrderBy(shard => UInt128.Parse(shard.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(
            Broker.Contracts.Streams.HashKeyRange.Uniform(to).Select(range => range.Start.ToString()),
            open.Select(shard => shard.HashKeyRange.StartingHashKey));
    }

    [Fact]
    public async Task ScalingBeyondItsFactorIsRefused()
    {
        var name = await api.CreateAsync(2, StreamMode.Provisioned);
        await ApiFixture.FailsAsync(
            "LIMIT_EXCEEDED",
            async () => await api.Streams.UpdateShardCountAsync(new UpdateShardCountRequest { StreamName = name, TargetShardCount = 5 }),
            "5", "MaxScalingFactor");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT", async () => await api.Streams.UpdateShardCountAsync(new UpdateShardCountRequest { StreamName = name, TargetShardCount = 0 }), "target_shard_count");
    }

    [Fact]
    public async Task ShardsAreListedByEveryFilterAndInPages()
    {
        var name = await api.CreateAsync(2);
        await SplitAsync(name, "shardId-000000000000", "5");
        Assert.Equal([0, 1, 2, 3], Indexes(await api.ShardsAsync(name)));
        Assert.Equal([0, 1, 2, 3], Indexes(await api.ShardsAsync(name, ShardFilterType.FromTrimHorizon)));
        Assert.Equal([1, 2, 3], Indexes(await api.ShardsAsync(name, ShardFilterType.AtLatest)));
        Assert.Equal([0, 1], Indexes(await api.ShardsAsync(name, ShardFilterType.AtTrimHorizon)));
        var after = await api.Streams.ListShardsAsync(new ListShardsRequest
        {
            StreamName = name,
            ShardFilter = new ShardFilter { Type = ShardFilterType.AfterShardId, ShardId = "shardId-000000000001" },
        });
        Assert.Equal([2, 3], Indexes(after.Shards));
        var first = await api.Streams.ListShardsAsync(new ListShardsRequest { StreamName = name, MaxResults = 3 });
        var rest = await api.Streams.ListShardsAsync(new ListShardsRequest { NextToken = first.NextToken });
        Assert.Equal([0, 1, 2, 3], Indexes(first.Shards.Concat(rest.Shards)));
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.ListShardsAsync(new ListShardsRequest { NextToken = "forged" }));
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT", async () => await api.Streams.ListShardsAsync(new ListShardsRequest { StreamName = name, NextToken = first.NextToken }));
    }

    private async Task SplitAsync(string name, string shard, string key)
    {
        await api.Streams.SplitShardAsync(new SplitShardRequest { StreamName = name, ShardToSplit = shard, NewStartingHashKey = key });
        await api.ActiveAsync(name);
    }

    private static IEnumerable<int> Indexes(IEnumerable<Shard> shards) =>
        shards.Select(shard => int.Parse(shard.ShardId.AsSpan("shardId-".Length), CultureInfo.InvariantCulture));
}
