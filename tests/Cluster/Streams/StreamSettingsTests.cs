using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Tests.Cluster.Hosting;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

/// <summary>Settings beyond shards and retention: monitoring, warm throughput, distribution, policies, consumers' tags, the account's.</summary>
public sealed class StreamSettingsTests : IAsyncLifetime
{
    private static readonly ImmutableSortedDictionary<string, string> Tags =
        ImmutableSortedDictionary<string, string>.Empty.Add("team", "blue").Add("tier", "1");

    private readonly DataDirectory directory = new();
    private readonly ObservedLog shards = new();
    private SiloFixture silo = null!;

    public async Task InitializeAsync() => silo = await SiloFixture.StartAsync(directory.Path, shards, ("Broker:Limits:MaxTagsPerStream", "3"));

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task ShardLevelMetricsAreEnabledDisabledAndOutliveTheSilo()
    {
        var stream = await silo.CreateAsync("s", 1);
        Assert.Empty((await stream.DescribeAsync()).ShardLevelMetrics);
        var change = await stream.EnableMetricsAsync([ShardLevelMetrics.OutgoingBytes, ShardLevelMetrics.IncomingBytes]);
        Assert.Empty(change.Current);
        Assert.Equal([ShardLevelMetrics.IncomingBytes, ShardLevelMetrics.OutgoingBytes], change.Desired.AsEnumerable());
        change = await stream.EnableMetricsAsync(["ALL"]);
        Assert.Equal(2, change.Current.Length);
        Assert.Equal(ShardLevelMetrics.All.AsEnumerable(), change.Desired);
        change = await stream.DisableMetricsAsync([ShardLevelMetrics.IncomingBytes]);
        Assert.Equal(ShardLevelMetrics.All.Remove(ShardLevelMetrics.IncomingBytes).AsEnumerable(), change.Desired);
        await FailsAsync(BrokerErrorCode.InvalidArgument, "'Bytes'", () => stream.EnableMetricsAsync(["Bytes"]));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "1 to 7 names", () => stream.EnableMetricsAsync([]));

        stream = await RestartAsync();
        Assert.Equal(change.Desired.AsEnumerable(), (await stream.DescribeAsync()).ShardLevelMetrics);
        Assert.Empty((await stream.DisableMetricsAsync(["ALL"])).Desired);
    }

    [Fact]
    public async Task WarmThroughputOpensShardsAndIsTold()
    {
        var stream = await silo.CreateAsync("s", 4, StreamMode.OnDemand);
        await stream.SplitShardAsync(new ShardId(0), new HashKey(1000));
        await SiloFixture.ActiveAsync(stream);
        Assert.Equal(new WarmThroughput(7, 5), await stream.UpdateWarmThroughputAsync(7));
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(new WarmThroughput(7, 7), map.Stream.WarmThroughput);

        // The widest are halved; what was split before stays.
        var eighths = HashKeyRange.Uniform(8);
        Assert.Equal(
            [new HashKey(0), new HashKey(1000), eighths[2].Start, eighths[3].Start, eighths[4].Start, eighths[5].Start, eighths[6].Start],
            map.Shards.Where(shard => shard.IsOpen).Select(shard => shard.Range.Start).Order());

        Assert.Equal(new WarmThroughput(3, 3), await stream.UpdateWarmThroughputAsync(3));
        Assert.Equal(StreamStatus.Active, (await stream.DescribeAsync()).Status);
        await FailsAsync(BrokerErrorCode.InvalidArgument, "10240", () => stream.UpdateWarmThroughputAsync(10_241));
        await FailsAsync(BrokerErrorCode.LimitExceeded, "MaxShardsPerStream", () => stream.UpdateWarmThroughputAsync(10_001));
        stream = await RestartAsync();
        Assert.Equal(3, (await stream.DescribeAsync()).WarmThroughputMiBps);

        await stream.UpdateModeAsync(StreamMode.Provisioned);
        Assert.Equal(0, (await stream.DescribeAsync()).WarmThroughputMiBps);
        await FailsAsync(BrokerErrorCode.Validation, "PROVISIONED", () => stream.UpdateWarmThroughputAsync(3));
        await FailsAsync(BrokerErrorCode.Validation, "PROVISIONED", () => stream.UpdateModeAsync(StreamMode.Provisioned, 3));
        await stream.UpdateModeAsync(StreamMode.OnDemand, 9);
        map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal((9, 9, StreamMode.OnDemand), (map.Stream.WarmThroughputMiBps, map.Stream.OpenShardCount, map.Stream.Mode));
    }

    [Fact]
    public async Task AStreamIsCreatedWithWarmThroughputAndDistribution()
    {
        var command = SiloFixture.Command("s", 4, StreamMode.OnDemand) with
        {
            WarmThroughputMiBps = 6,
            RecordDistribution = RecordDistributionStrategy.Auto,
        };
        var generation = await silo.Catalogue.CreateAsync(command);
        var map = await SiloFixture.ActiveAsync(silo.Grains.GetGrain<IStreamGrain>(generation.Value));
        Assert.Equal((6, 6), (map.Stream.OpenShardCount, map.Stream.WarmThroughputMiBps));
        Assert.Equal(RecordDistributionStrategy.Auto, map.Stream.RecordDistribution);
        await FailsAsync(BrokerErrorCode.Validation, "WarmThroughputMiBps", () => silo.Catalogue.CreateAsync(
            command with { Name = "p", Mode = StreamMode.Provisioned, RecordDistribution = RecordDistributionStrategy.UserPartitionKey }));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "RecordDistributionStrategy", () => silo.Catalogue.CreateAsync(
            command with { Name = "p", Mode = StreamMode.Provisioned, WarmThroughputMiBps = 0 }));
    }

    [Fact]
    public async Task AutoDistributionEvensOutTheShards()
    {
        var stream = await silo.CreateAsync("s", 2, StreamMode.OnDemand);
        await stream.SplitShardAsync(new ShardId(0), new HashKey(1000));
        await SiloFixture.ActiveAsync(stream);
        await stream.UpdateRecordDistributionAsync(RecordDistributionStrategy.Auto);
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(RecordDistributionStrategy.Auto, map.Stream.RecordDistribution);
        Assert.Equal(HashKeyRange.Uniform(3), map.Shards.Where(shard => shard.IsOpen).Select(shard => shard.Range).OrderBy(range => range.Start));
        stream = await RestartAsync();
        Assert.Equal(RecordDistributionStrategy.Auto, (await stream.DescribeAsync()).RecordDistribution);
        await stream.UpdateModeAsync(StreamMode.Provisioned);
        Assert.Equal(RecordDistributionStrategy.UserPartitionKey, (await stream.DescribeAsync()).RecordDistribution);
        await FailsAsync(BrokerErrorCode.InvalidArgument, "PROVISIONED", () => stream.UpdateRecordDistributionAsync(RecordDistributionStrategy.Auto));
    }

    [Fact]
    public async Task PoliciesAreKeptForStreamAndConsumersAndGoWithTheConsumer()
    {
        var stream = await silo.CreateAsync("s", 1);
        await stream.RegisterConsumerAsync("c");
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "no resource policy", () => stream.GetResourcePolicyAsync(""));
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "Consumer x", () => stream.PutResourcePolicyAsync("x", "{}"));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "JSON object", () => stream.PutResourcePolicyAsync("", "[]"));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "JSON object", () => stream.PutResourcePolicyAsync("", "{"));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "20480", () => stream.PutResourcePolicyAsync("", "{}" + new string(' ', 20_479)));
        var version = (await stream.DescribeAsync()).Version;
        await stream.PutResourcePolicyAsync("", """{"a":1}""");
        await stream.PutResourcePolicyAsync("c", """{"b":2}""");
        Assert.True((await stream.DescribeAsync()).Version > version + 1);

        stream = await RestartAsync();
        Assert.Equal("""{"b":2}""", await stream.GetResourcePolicyAsync("c"));
        var policies = (await stream.DescribeAsync()).ResourcePolicies;
        Assert.Equal([("", """{"a":1}"""), ("c", """{"b":2}""")], policies.Select(policy => (policy.Key, policy.Value)));
        await stream.DeregisterConsumerAsync("c");
        await stream.RegisterConsumerAsync("c");
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "no resource policy", () => stream.GetResourcePolicyAsync("c"));
        await stream.DeleteResourcePolicyAsync("");
        Assert.Empty((await stream.DescribeAsync()).ResourcePolicies);
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "no resource policy", () => stream.DeleteResourcePolicyAsync(""));
    }

    [Fact]
    public async Task ConsumersHaveTags()
    {
        var stream = await silo.CreateAsync("s", 1);
        await stream.RegisterConsumerAsync("c", Tags);
        await stream.AddConsumerTagsAsync("c", Tags.Clear().Add("tier", "2").Add("x", ""));
        await FailsAsync(BrokerErrorCode.InvalidArgument, "MaxTagsPerStream", () => stream.AddConsumerTagsAsync("c", Tags.Clear().Add("y", "")));
        await stream.RemoveConsumerTagsAsync("c", ["team", "none"]);
        await FailsAsync(BrokerErrorCode.ResourceNotFound, "Consumer d", () => stream.AddConsumerTagsAsync("d", Tags));
        stream = await RestartAsync();
        Assert.Equal([("tier", "2"), ("x", "")], (await stream.ListConsumerTagsAsync("c")).Select(tag => (tag.Key, tag.Value)));
        Assert.Equal("c", Assert.Single(await stream.ListConsumersAsync(null, 5)).Name);
        Assert.Empty(await stream.ListTagsAsync());
    }

    [Fact]
    public async Task TheAccountsSettingsOutliveTheSilo()
    {
        Assert.Equal(BillingCommitmentStatus.Disabled, (await silo.Catalogue.DescribeAccountSettingsAsync()).Commitment.Status);
        var begun = await silo.Catalogue.UpdateBillingCommitmentAsync(true);
        Assert.Equal(BillingCommitmentStatus.Enabled, begun.Commitment.Status);
        var ending = await silo.Catalogue.UpdateBillingCommitmentAsync(false);
        Assert.Equal(BillingCommitmentStatus.EnabledUntilEarliestAllowedEnd, ending.Commitment.Status);
        await silo.CreateAsync("s", 1);
        await RestartAsync();
        Assert.Equal(ending, await silo.Catalogue.DescribeAccountSettingsAsync());
    }

    private async Task<IStreamGrain> RestartAsync()
    {
        await silo.DisposeAsync();
        silo = await SiloFixture.StartAsync(directory.Path, shards, ("Broker:Limits:MaxTagsPerStream", "3"));
        return silo.Grains.GetGrain<IStreamGrain>((await silo.Catalogue.ResolveAsync("s"))!.Value.Value);
    }

    private static async Task FailsAsync(BrokerErrorCode code, string part, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<BrokerException>(call);
        Assert.Equal(code, exception.Code);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }
}
