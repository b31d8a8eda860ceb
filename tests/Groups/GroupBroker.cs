using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.V1;

namespace Broker.Tests.Groups;

/// <summary>A broker of the test's own with a stream, and what the tests do to it.</summary>
internal sealed class GroupBroker : IAsyncDisposable
{
    public const string Stream = "orders";
    private readonly BrokerProcess broker = new("--limits", "unlimited");

    public string Endpoint => broker.Endpoint;

    public string Output => broker.Output;

    public static async Task<GroupBroker> StartAsync(int shards)
    {
        var made = new GroupBroker();
        await made.broker.StartAsync();
        await made.WithAsync(async streams =>
        {
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = shards, Mode = StreamMode.OnDemand });
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
        });
        return made;
    }

    public Task SplitAsync(string shard) => WithAsync(async streams =>
    {
        var all = await streams.ListShardsAsync(new ListShardsRequest { StreamName = Stream });
        var range = all.Shards.Single(one => one.ShardId == shard).HashKeyRange;
        var (start, end) = (UInt128.Parse(range.StartingHashKey, null), UInt128.Parse(range.EndingHashKey, null));
        await streams.SplitShardAsync(new SplitShardRequest { StreamName = Stream, ShardToSplit = shard, NewStartingHashKey = $"{start + ((end - start) / 2)}" });
        await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
    });

    public Task MergeAsync(string shard, string adjacent) => WithAsync(async streams =>
    {
        await streams.MergeShardsAsync(new MergeShardsRequest { StreamName = Stream, ShardToMerge = shard, AdjacentShardToMerge = adjacent });
        await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
    });

    public async Task<DescribeApplicationResponse> DescribeAsync(string application)
    {
        using var channel = broker.Connect();
        return await new ApplicationService.ApplicationServiceClient(channel).DescribeApplicationAsync(new DescribeApplicationRequest { ApplicationName = application });
    }

    public BrokerProducer NewProducer() => new(new BrokerProducerOptions { StreamName = Stream, Endpoints = [new Uri(Endpoint)] });

    public ValueTask DisposeAsync()
    {
        broker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WithAsync(Func<StreamService.StreamServiceClient, Task> act)
    {
        using var channel = broker.Connect();
        await act(new StreamService.StreamServiceClient(channel));
    }
}
