using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Retention;
using Broker.Tests.Cluster.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

public sealed class StreamLifecycleTests : IAsyncLifetime
{
    private readonly DataDirectory directory = new();
    private readonly ObservedLog shards = new();
    private SiloFixture silo = null!;

    public async Task InitializeAsync() => silo = await SiloFixture.StartAsync(directory.Path, shards, ("Broker:Limits:MaxConsumersPerStream", "2"));

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task AStreamIsCreatedListedDescribedAndDeletedAndItsNameGivenAnew()
    {
        var stream = await silo.CreateAsync("orders", 3);
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(HashKeyRange.Uniform(3), map.Shards.Select(shard => shard.Range));
        Assert.Null(await stream.GetMapAsync(map.Stream.Version));
        await FailsAsync(BrokerErrorCode.ResourceInUse, "orders", () => silo.Catalogue.CreateAsync(SiloFixture.Command("orders", 1)));

        var first = (await silo.Catalogue.ResolveAsync("orders"))!.Value;
        await stream.DeleteAsync(false);
        await SiloFixture.EventuallyAsync(async () => await silo.Catalogue.ResolveAsync("orders") is null);
        Assert.True(shards.Deleted.ContainsKey(first));
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "generation", stream.DescribeAsync);
        Assert.Null(await Directory.FindAsync(new ShardKey(first, new ShardId(0)), CancellationToken.None));

        await silo.CreateAsync("orders", 1);
        var second = (await silo.Catalogue.ResolveAsync("orders"))!.Value;
        Assert.True(second > first);
        Assert.Equal("orders", Assert.Single((await silo.Catalogue.ListAsync(null, 10)).Streams).Name);
    }

    [Fact]
    public async Task ListsArePagedByName()
    {
        foreach (var name in new[] { "b", "a", "C", "d" })
        {
            await silo.CreateAsync(name, 1, StreamMode.OnDemand);
        }

        var page = await silo.Catalogue.ListAsync(null, 3);
        Assert.Equal(["C", "a", "b"], page.Streams.Select(stream => stream.Name));
        Assert.True(page.HasMore);
        page = await silo.Catalogue.ListAsync("b", 3);
        Assert.Equal(["d"], page.Streams.Select(stream => stream.Name));
        Assert.False(page.HasMore);
    }

    [Fact]
    public async Task ShardsAreSplitMergedAndScaled()
    {
        var stream = await silo.CreateAsync("s", 2);
        await stream.SplitShardAsync(new ShardId(0), new HashKey(1000));
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(4, map.Shards.Length);
        Assert.False(map.Shards[0].IsOpen);
        Assert.Equal(new ShardId(0), Assert.Single(map.Shards[2].Parents));
        Assert.Equal(new HashKey(1000), map.Shards[3].Range.Start);
        Assert.True(map.Shards[0].EndingSequenceNumber < map.Shards[2].StartingSequenceNumber);

        await stream.MergeShardsAsync(new ShardId(2), new ShardId(3));
        map = await SiloFixture.ActiveAsync(stream);
        Assert.True(map.Shards[4].Parents.SequenceEqual([new ShardId(2), new ShardId(3)]));
        Assert.Equal(map.Shards[0].Range, map.Shards[4].Range);

        Assert.Equal(2, await stream.UpdateShardCountAsync(3));
        map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(HashKeyRange.Uniform(3), map.Shards.Where(shard => shard.IsOpen).Select(shard => shard.Range).OrderBy(range => range.Start));
        Assert.Equal(3, (await silo.Catalogue.DescribeLimitsAsync()).OpenShardCount);
    }

    [Fact]
    public async Task RequestsThatBreakARuleAreRefusedWithItsName()
    {
        var stream = await silo.CreateAsync("s", 4);
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "shardId-000000000009", () => stream.SplitShardAsync(new ShardId(9), new HashKey(5)));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "NewStartingHashKey 0", () => stream.SplitShardAsync(new ShardId(0), new HashKey(0)));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "adjacent", () => stream.MergeShardsAsync(new ShardId(0), new ShardId(2)));
        await FailsAsync(BrokerErrorCode.LimitExceeded, "MaxScalingFactor", () => stream.UpdateShardCountAsync(9));
        await FailsAsync(BrokerErrorCode.LimitExceeded, "MaxScalingFactor", () => stream.UpdateShardCountAsync(1));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "8760", () => stream.IncreaseRetentionAsync(8761));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "1048576", () => stream.UpdateMaxRecordSizeAsync(5));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "StreamName", () => silo.Catalogue.CreateAsync(SiloFixture.Command("no spaces", 1)));
        await FailsAsync(BrokerErrorCode.LimitExceeded, "MaxProvisionedShards", async () =>
        {
            await silo.CreateAsync("large", 10_000);
            await silo.Catalogue.CreateAsync(SiloFixture.Command("larger", 9_997));
        });
        Assert.Equal(StreamStatus.Active, (await stream.DescribeAsync()).Status);
    }

    [Fact]
    public async Task ASealThatFailsIsTriedAgainMeanwhileTheStreamIsUpdatingAndReadable()
    {
        var stream = await silo.CreateAsync("s", 1);
        shards.FailingSeals = 2;
        await stream.SplitShardAsync(new ShardId(0), new HashKey(1000));
        Assert.Equal(StreamStatus.Updating, (await stream.DescribeAsync()).Status);
        await FailsAsync(BrokerErrorCode.ResourceInUse, "UPDATING", () => stream.SplitShardAsync(new ShardId(0), new HashKey(2000)));
        Assert.Equal(3, (await SiloFixture.ActiveAsync(stream)).Shards.Length);
    }

    [Fact]
    public async Task AStreamThatCannotGoOnCanBeDeleted()
    {
        var stream = await silo.CreateAsync("s", 1);
        shards.FailingSeals = int.MaxValue;
        await stream.SplitShardAsync(new ShardId(0), new HashKey(1000));
        await stream.DeleteAsync(false);
        await SiloFixture.EventuallyAsync(async () => await silo.Catalogue.ResolveAsync("s") is null);
    }

    [Fact]
    public async Task SettingsConsumersAndTagsOutliveTheSilo()
    {
        var stream = await silo.CreateAsync("s", 1);
        await stream.IncreaseRetentionAsync(48);
        await stream.UpdateMaxRecordSizeAsync(2 * 1024 * 1024);
        await stream.UpdateModeAsync(StreamMode.OnDemand);
        await stream.AddTagsAsync(ImmutableSortedDictionary<string, string>.Empty.Add("team", "blue").Add("tier", "1"));
        await stream.RemoveTagsAsync(["tier", "none"]);
        Assert.Equal(ConsumerStatus.Creating, (await stream.RegisterConsumerAsync("b")).Status);
        await stream.RegisterConsumerAsync("a");
        await FailsAsync(BrokerErrorCode.ResourceInUse, "already exists", () => stream.RegisterConsumerAsync("a"));
        await FailsAsync(BrokerErrorCode.LimitExceeded, "MaxConsumersPerStream", () => stream.RegisterConsumerAsync("c"));
        await FailsAsync(BrokerErrorCode.ResourceInUse, "consumers", () => stream.DeleteAsync(false));
        var before = await stream.DescribeAsync();
        var key = await silo.Catalogue.GetTokenKeyAsync();

        await silo.DisposeAsync();
        silo = await SiloFixture.StartAsync(directory.Path, shards);
        var generation = (await silo.Catalogue.ResolveAsync("s"))!.Value;
        stream = silo.Grains.GetGrain<IStreamGrain>(generation.Value);
        var after = await stream.DescribeAsync();
        Assert.Equal(
            before with { ShardLevelMetrics = after.ShardLevelMetrics, ResourcePolicies = after.ResourcePolicies }, after);
        Assert.Equal((48, StreamMode.OnDemand, 2), (after.RetentionHours, after.Mode, after.ConsumerCount));
        Assert.Equal("blue", Assert.Single(await stream.ListTagsAsync()).Value);
        Assert.Equal(["a", "b"], (await stream.ListConsumersAsync(null, 5)).Select(consumer => consumer.Name));
        Assert.Equal(["b"], (await stream.ListConsumersAsync("a", 5)).Select(consumer => consumer.Name));
        Assert.Equal(ConsumerStatus.Active, (await stream.DescribeConsumerAsync("a")).Status);
        Assert.True(key.SequenceEqual(await silo.Catalogue.GetTokenKeyAsync()));
        Assert.Equal(32, key.Length);
        await stream.DeregisterConsumerAsync("a");
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "Consumer a", () => stream.DescribeConsumerAsync("a"));
        await stream.DeleteAsync(true);
        await SiloFixture.EventuallyAsync(async () => await silo.Catalogue.ResolveAsync("s") is null);
    }

    [Fact]
    public async Task TheSweepTellsTheLogEveryHorizonAndDropsExpiredShards()
    {
        await silo.DisposeAsync();
        var yesterday = new ObservedLog { Time = { Offset = TimeSpan.FromHours(-25) } };
        using var directory = new DataDirectory();
        await using (var silo = await SiloFixture.StartAsync(directory.Path, yesterday))
        {
            var split = await silo.CreateAsync("s", 1);
            await split.SplitShardAsync(new ShardId(0), new HashKey(1000));
            await SiloFixture.ActiveAsync(split);
        }

        silo = await SiloFixture.StartAsync(
            directory.Path, shards, ("Broker:Retention:HoldAfterRestart", "0:00:00"), ("Broker:Retention:SweepInterval", "1:00:00"));
        var stream = silo.Grains.GetGrain<IStreamGrain>((await silo.Catalogue.ResolveAsync("s"))!.Value.Value);
        var before = (await stream.GetMapAsync(-1))!;
        await silo.Services.GetRequiredService<RetentionSweeper>().SweepAsync(CancellationToken.None);
        var now = silo.Services.GetRequiredService<ExpiryClock>().NowUnixMilliseconds;
        Assert.InRange(shards.Horizons[before.Stream.Generation], now - (24 * 3_600_000) - 20_000, now - (24 * 3_600_000));
        var after = (await stream.GetMapAsync(-1))!;
        Assert.Equal([new ShardId(1), new ShardId(2)], after.Shards.Select(shard => shard.Id));
        var entry = await Directory.FindAsync(new ShardKey(before.Stream.Generation, new ShardId(1)), CancellationToken.None);
        Assert.Empty(entry!.Parents);
        Assert.Equal(new ShardId(0), Assert.Single(entry.Shard.Parents));
    }

    private IShardDirectory Directory => silo.Services.GetRequiredService<IShardDirectory>();

    private static async Task FailsAsync(BrokerErrorCode code, string part, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<BrokerException>(call);
        Assert.Equal(code, exception.Code);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }
}
