using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Each operation on streams, and each of its errors, over gRPC against the real process.</summary>
[Collection("api")]
public sealed class StreamTests(ApiFixture api)
{
    [Fact]
    public async Task CreateWithoutShardsMakesFourOnDemandShardsThatCoverTheHashSpace()
    {
        var name = api.NewName();
        await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name });
        await api.ActiveAsync(name);
        var described = await api.Streams.DescribeStreamAsync(new DescribeStreamRequest { StreamName = name });

        Assert.Equal(StreamMode.OnDemand, described.Stream.Mode);
        Assert.Equal(24, described.Stream.RetentionPeriodHours);
        Assert.Equal(1024, described.Stream.MaxRecordSizeKib);
        Assert.Equal($"arn:aws:kinesis:us-east-1:000000000000:stream/{name}", described.Stream.StreamArn);
        Assert.Equal(4, described.Stream.OpenShardCount);
        Assert.Equal(["shardId-000000000000", "shardId-000000000001", "shardId-000000000002", "shardId-000000000003"], described.Shards.Select(shard => shard.ShardId));
        Assert.Equal("0", described.Shards[0].HashKeyRange.StartingHashKey);
        Assert.Equal("85070591730234615865843651857942052864", described.Shards[1].HashKeyRange.StartingHashKey);
        Assert.Equal("340282366920938463463374607431768211455", described.Shards[3].HashKeyRange.EndingHashKey);
        Assert.All(described.Shards, shard => Assert.Equal(56, shard.SequenceNumberRange.StartingSequenceNumber.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("has space")]
    [InlineData("slash/slash")]
    public Task ANameThatIsNoneIsRefused(string name) => ApiFixture.FailsAsync(
        "INVALID_ARGUMENT", async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name }), "stream_name", "[a-zA-Z0-9_.-]");

    [Fact]
    public Task ANameOf129CharactersIsRefused() => ANameThatIsNoneIsRefused(new string('x', 129));

    [Fact]
    public async Task CreateRefusesBadNumbers()
    {
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = api.NewName(), ShardCount = -1 }),
            "shard_count");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = api.NewName(), Mode = StreamMode.Provisioned }),
            "shard_count");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = api.NewName(), MaxRecordSizeKib = 10_241 }),
            "max_record_size_kib", "10241");
    }

    [Fact]
    public async Task ANameThatIsTakenIsInUse()
    {
        var name = await api.CreateAsync();
        await ApiFixture.FailsAsync(
            "RESOURCE_IN_USE", async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name }), name);
    }

    [Fact]
    public async Task EveryOperationOnAnUnknownStreamSaysSo()
    {
        const string name = "there-is-none";
        Func<Task>[] calls =
        [
            async () => await api.Streams.DeleteStreamAsync(new DeleteStreamRequest { StreamName = name }),
            async () => await api.Streams.DescribeStreamAsync(new DescribeStreamRequest { StreamName = name }),
            async () => await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name }),
            async () => await api.Streams.ListShardsAsync(new ListShardsRequest { StreamName = name }),
            async () => await api.Streams.SplitShardAsync(new SplitShardRequest { StreamName = name, ShardToSplit = "shardId-000000000000", NewStartingHashKey = "5" }),
            async () => await api.Streams.MergeShardsAsync(new MergeShardsRequest { StreamName = name, ShardToMerge = "shardId-000000000000", AdjacentShardToMerge = "shardId-000000000001" }),
            async () => await api.Streams.UpdateShardCountAsync(new UpdateShardCountRequest { StreamName = name, TargetShardCount = 2 }),
            async () => await api.Streams.IncreaseStreamRetentionPeriodAsync(new IncreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 48 }),
            async () => await api.Streams.DecreaseStreamRetentionPeriodAsync(new DecreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 24 }),
            async () => await api.Streams.UpdateStreamModeAsync(new UpdateStreamModeRequest { StreamName = name, Mode = StreamMode.Provisioned }),
            async () => await api.Streams.UpdateMaxRecordSizeAsync(new UpdateMaxRecordSizeRequest { StreamName = name, MaxRecordSizeKib = 2048 }),
            async () => await api.Streams.AddTagsToStreamAsync(new AddTagsToStreamRequest { StreamName = name, Tags = { ["a"] = "b" } }),
            async () => await api.Streams.RemoveTagsFromStreamAsync(new RemoveTagsFromStreamRequest { StreamName = name, TagKeys = { "a" } }),
            async () => await api.Streams.ListTagsForStreamAsync(new ListTagsForStreamRequest { StreamName = name }),
            async () => await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "c" }),
            async () => await api.Streams.DeregisterStreamConsumerAsync(new DeregisterStreamConsumerRequest { StreamName = name, ConsumerName = "c" }),
            async () => await api.Streams.DescribeStreamConsumerAsync(new DescribeStreamConsumerRequest { StreamName = name, ConsumerName = "c" }),
            async () => await api.Streams.ListStreamConsumersAsync(new ListStreamConsumersRequest { StreamName = name }),
            async () => await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k" }),
            async () => await api.Records.PutRecordsAsync(new PutRecordsRequest { StreamName = name, Records = { new PutRecordsEntry { PartitionKey = "k" } } }),
            async () => await api.IteratorAsync(name, "shardId-000000000000", ShardIteratorType.Latest),
        ];
        foreach (var call in calls)
        {
            await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", call, name);
        }
    }

    [Fact]
    public async Task DeletedStreamsGoAndTheirNameStartsEmpty()
    {
        var name = await api.CreateAsync();
        await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k" });
        var iterator = await api.IteratorAsync(name, "shardId-000000000000", ShardIteratorType.TrimHorizon);
        await api.Streams.DeleteStreamAsync(new DeleteStreamRequest { StreamName = name });
        await GoneAsync(name);

        await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = 1 });
        await api.ActiveAsync(name);
        var fresh = await api.IteratorAsync(name, "shardId-000000000000", ShardIteratorType.TrimHorizon);
        Assert.Empty((await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = fresh })).Records);
        await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", async () => await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }));
    }

    [Fact]
    public async Task AStreamWithConsumersIsDeletedOnlyIfEnforced()
    {
        var name = await api.CreateAsync();
        await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "c" });
        await ApiFixture.FailsAsync("RESOURCE_IN_USE", async () => await api.Streams.DeleteStreamAsync(new DeleteStreamRequest { StreamName = name }), name);
        await api.Streams.DeleteStreamAsync(new DeleteStreamRequest { StreamName = name, EnforceConsumerDeletion = true });
        await GoneAsync(name);
    }

    [Fact]
    public async Task StreamsAreListedInPages()
    {
        for (var i = 0; i < 3; i++)
        {
            await api.CreateAsync();
        }

        var names = new List<string>();
        var request = new ListStreamsRequest { Limit = 2 };
        while (true)
        {
            var page = await api.Streams.ListStreamsAsync(request);
            Assert.True(page.Streams.Count <= 2);
            names.AddRange(page.Streams.Select(stream => stream.StreamName));
            Assert.Equal(page.HasMoreStreams, page.NextToken.Length > 0);
            if (!page.HasMoreStreams)
            {
                break;
            }

            request = new ListStreamsRequest { Limit = 2, NextToken = page.NextToken };
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(names.Distinct(), names);
        Assert.True(names.Count >= 3);
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.ListStreamsAsync(new ListStreamsRequest { NextToken = "forged" }));
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.ListStreamsAsync(new ListStreamsRequest { Limit = 10_001 }), "10001");
    }

    [Fact]
    public async Task RetentionKeepsItsBoundsAndItsDirection()
    {
        var name = await api.CreateAsync();
        await api.Streams.IncreaseStreamRetentionPeriodAsync(new IncreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 48 });
        await api.ActiveAsync(name);
        Assert.Equal(48, (await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name })).Stream.RetentionPeriodHours);
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.IncreaseStreamRetentionPeriodAsync(new IncreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 25 }),
            "25", "48");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.IncreaseStreamRetentionPeriodAsync(new IncreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 8_761 }),
            "8761", "8760");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.DecreaseStreamRetentionPeriodAsync(new DecreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 23 }),
            "23", "24");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.DecreaseStreamRetentionPeriodAsync(new DecreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 49 }),
            "49", "48");
        await api.Streams.DecreaseStreamRetentionPeriodAsync(new DecreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = 24 });
        await api.ActiveAsync(name);
        Assert.Equal(24, (await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name })).Stream.RetentionPeriodHours);
    }

    [Fact]
    public async Task ModeAndRecordSizeChange()
    {
        var name = await api.CreateAsync(2);
        await api.Streams.UpdateStreamModeAsync(new UpdateStreamModeRequest { StreamName = name, Mode = StreamMode.Provisioned });
        await api.ActiveAsync(name);
        await api.Streams.UpdateMaxRecordSizeAsync(new UpdateMaxRecordSizeRequest { StreamName = name, MaxRecordSizeKib = 4096 });
        await api.ActiveAsync(name);
        var stream = (await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name })).Stream;
        Assert.Equal((StreamMode.Provisioned, 4096), (stream.Mode, stream.MaxRecordSizeKib));
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.UpdateMaxRecordSizeAsync(new UpdateMaxRecordSizeRequest { StreamName = name, MaxRecordSizeKib = 1023 }), "1023");
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.UpdateStreamModeAsync(new UpdateStreamModeRequest { StreamName = name }), "mode");
    }

    [Fact]
    public async Task TagsAreAddedReplacedListedAndRemoved()
    {
        var name = await api.CreateAsync();
        await api.Streams.AddTagsToStreamAsync(new AddTagsToStreamRequest { StreamName = name, Tags = { ["b"] = "1", ["a"] = "2", ["c"] = "3" } });
        await api.Streams.AddTagsToStreamAsync(new AddTagsToStreamRequest { StreamName = name, Tags = { ["b"] = "4" } });
        await api.Streams.RemoveTagsFromStreamAsync(new RemoveTagsFromStreamRequest { StreamName = name, TagKeys = { "c", "none" } });
        var first = await api.Streams.ListTagsForStreamAsync(new ListTagsForStreamRequest { StreamName = name, Limit = 1 });
        Assert.True(first.HasMoreTags);
        var rest = await api.Streams.ListTagsForStreamAsync(new ListTagsForStreamRequest { StreamName = name, ExclusiveStartTagKey = first.Tags[0].Key });
        Assert.Equal([("a", "2"), ("b", "4")], first.Tags.Concat(rest.Tags).Select(tag => (tag.Key, tag.Value)));
        Assert.False(rest.HasMoreTags);

        var tooMany = new AddTagsToStreamRequest { StreamName = name };
        for (var i = 0; i < 51; i++)
        {
            tooMany.Tags[$"t{i}"] = "v";
        }

        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Streams.AddTagsToStreamAsync(tooMany), "50");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.AddTagsToStreamAsync(new AddTagsToStreamRequest { StreamName = name, Tags = { [new string('k', 129)] = "v" } }),
            "128");
    }

    [Fact]
    public async Task ConsumersAreRegisteredDescribedListedAndDeregistered()
    {
        var name = await api.CreateAsync();
        var consumer = (await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "b" })).Consumer;
        Assert.StartsWith($"arn:aws:kinesis:us-east-1:000000000000:stream/{name}/consumer/b:", consumer.ConsumerArn, StringComparison.Ordinal);
        await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "a" });
        await ApiFixture.FailsAsync(
            "RESOURCE_IN_USE", async () => await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "a" }), "a");
        var first = await api.Streams.ListStreamConsumersAsync(new ListStreamConsumersRequest { StreamName = name, MaxResults = 1 });
        var rest = await api.Streams.ListStreamConsumersAsync(new ListStreamConsumersRequest { NextToken = first.NextToken });
        Assert.Equal(["a", "b"], first.Consumers.Concat(rest.Consumers).Select(entry => entry.ConsumerName));
        Assert.Equal("", rest.NextToken);
        await api.Streams.DeregisterStreamConsumerAsync(new DeregisterStreamConsumerRequest { StreamName = name, ConsumerName = "a" });
        await ApiFixture.FailsAsync(
            "RESOURCE_NOT_FOUND", async () => await api.Streams.DescribeStreamConsumerAsync(new DescribeStreamConsumerRequest { StreamName = name, ConsumerName = "a" }), "a");
        for (var i = 0; i < 19; i++)
        {
            await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = $"more{i}" });
        }

        await ApiFixture.FailsAsync(
            "LIMIT_EXCEEDED", async () => await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "over" }), "20");
        Assert.Equal(20, (await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name })).Stream.ConsumerCount);
    }

    [Fact]
    public async Task LimitsCountWhatIsUsed()
    {
        var before = await api.Streams.DescribeLimitsAsync(new DescribeLimitsRequest());
        await api.CreateAsync(3, StreamMode.Provisioned);
        await api.CreateAsync(1);
        var after = await api.Streams.DescribeLimitsAsync(new DescribeLimitsRequest());
        Assert.Equal(20_000, after.ShardLimit);
        Assert.Equal(before.OpenShardCount + 3, after.OpenShardCount);
        Assert.Equal(before.OnDemandStreamCount + 1, after.OnDemandStreamCount);
        await ApiFixture.FailsAsync(
            "LIMIT_EXCEEDED",
            async () => await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = api.NewName(), ShardCount = 20_000, Mode = StreamMode.Provisioned }),
            "20000");
    }

    private async Task GoneAsync(string name)
    {
        for (var i = 0; i < 500; i++)
        {
            try
            {
                await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name });
            }
            catch (Grpc.Core.RpcException exception) when (exception.StatusCode == Grpc.Core.StatusCode.NotFound)
            {
                return;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"Stream {name} was not gone within 10 s.");
    }

    [Fact]
    public async Task WarmThroughputDistributionAndMonitoringAreSetAndDescribed()
    {
        var name = api.NewName();
        await api.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, WarmThroughputMibps = 5 });
        await api.ActiveAsync(name);
        await api.Streams.UpdateStreamRecordDistributionStrategyAsync(
            new UpdateStreamRecordDistributionStrategyRequest { StreamName = name, RecordDistributionStrategy = RecordDistributionStrategy.Auto });
        await api.ActiveAsync(name);
        var warm = await api.Streams.UpdateStreamWarmThroughputAsync(new UpdateStreamWarmThroughputRequest { StreamName = name, WarmThroughputMibps = 6 });
        Assert.Equal((6, 5), (warm.WarmThroughput.TargetMibps, warm.WarmThroughput.CurrentMibps));
        await api.ActiveAsync(name);
        var enabled = await api.Streams.EnableEnhancedMonitoringAsync(
            new EnableEnhancedMonitoringRequest { StreamName = name, ShardLevelMetrics = { "OutgoingRecords", "IncomingBytes" } });
        Assert.Empty(enabled.CurrentShardLevelMetrics);
        await api.Streams.DisableEnhancedMonitoringAsync(new DisableEnhancedMonitoringRequest { StreamName = name, ShardLevelMetrics = { "IncomingBytes" } });

        var stream = (await api.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name })).Stream;
        Assert.Equal((6, 6), (stream.WarmThroughput.TargetMibps, stream.WarmThroughput.CurrentMibps));
        Assert.Equal(RecordDistributionStrategy.Auto, stream.RecordDistributionStrategy);
        Assert.Equal(["OutgoingRecords"], stream.ShardLevelMetrics);

        await api.Streams.UpdateStreamModeAsync(new UpdateStreamModeRequest { StreamName = name, Mode = StreamMode.Provisioned });
        await ApiFixture.FailsAsync(
            "VALIDATION",
            async () => await api.Streams.UpdateStreamWarmThroughputAsync(new UpdateStreamWarmThroughputRequest { StreamName = name, WarmThroughputMibps = 6 }),
            "PROVISIONED");
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.UpdateStreamRecordDistributionStrategyAsync(
                new UpdateStreamRecordDistributionStrategyRequest { StreamName = name }),
            "record_distribution_strategy");
    }

    [Fact]
    public async Task PoliciesAndTagsOfStreamAndConsumer()
    {
        var name = await api.CreateAsync();
        await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "c", Tags = { ["a"] = "1" } });
        await api.Streams.AddTagsToStreamAsync(new AddTagsToStreamRequest { StreamName = name, ConsumerName = "c", Tags = { ["b"] = "2" } });
        await api.Streams.RemoveTagsFromStreamAsync(new RemoveTagsFromStreamRequest { StreamName = name, ConsumerName = "c", TagKeys = { "a" } });
        var tags = await api.Streams.ListTagsForStreamAsync(new ListTagsForStreamRequest { StreamName = name, ConsumerName = "c" });
        Assert.Equal(("b", "2"), (Assert.Single(tags.Tags).Key, tags.Tags[0].Value));

        const string policy = """{"Statement":{"Effect":"Allow","Principal":"*","Action":"kinesis:SubscribeToShard","Resource":"*"}}""";
        await ApiFixture.FailsAsync(
            "INVALID_ARGUMENT",
            async () => await api.Streams.PutResourcePolicyAsync(new PutResourcePolicyRequest { StreamName = name, ConsumerName = "c", Policy = "{}" }),
            "policy: The policy has no Statement");
        await api.Streams.PutResourcePolicyAsync(new PutResourcePolicyRequest { StreamName = name, ConsumerName = "c", Policy = policy });
        Assert.Equal(
            policy, (await api.Streams.GetResourcePolicyAsync(new GetResourcePolicyRequest { StreamName = name, ConsumerName = "c" })).Policy);
        await api.Streams.DeleteResourcePolicyAsync(new DeleteResourcePolicyRequest { StreamName = name, ConsumerName = "c" });
        await ApiFixture.FailsAsync(
            "RESOURCE_NOT_FOUND",
            async () => await api.Streams.GetResourcePolicyAsync(new GetResourcePolicyRequest { StreamName = name }),
            "no resource policy");
    }
}
