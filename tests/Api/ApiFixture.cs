using Broker.Tests.Harness;
using Broker.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>One broker for all tests of the API, the real executable with AWS's limits; each test makes streams of its own.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private readonly BrokerProcess broker = new("--Broker:Limits:MaxOnDemandStreams=1000", "--Broker:Limits:MaxCreatingStreams=100");
    private GrpcChannel? channel;
    private int streamCount;

    public StreamService.StreamServiceClient Streams { get; private set; } = null!;

    public RecordService.RecordServiceClient Records { get; private set; } = null!;

    public GrpcChannel Channel => channel!;

    public BrokerProcess Broker => broker;

    public async Task InitializeAsync()
    {
        await broker.StartAsync();
        channel = broker.Connect();
        Streams = new StreamService.StreamServiceClient(channel);
        Records = new RecordService.RecordServiceClient(channel);
    }

    public Task DisposeAsync()
    {
        channel?.Dispose();
        broker.Dispose();
        return Task.CompletedTask;
    }

    public string NewName() => $"api-{Interlocked.Increment(ref streamCount)}";

    /// <summary>A new stream that is ACTIVE.</summary>
    public async Task<string> CreateAsync(int shards = 1, StreamMode mode = StreamMode.OnDemand)
    {
        var name = NewName();
        await Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = shards, Mode = mode });
        await ActiveAsync(name);
        return name;
    }

    public Task ActiveAsync(string name) => BrokerProcess.WaitUntilActiveAsync(Streams, name);

    public async Task<List<Shard>> ShardsAsync(string name, ShardFilterType filter = ShardFilterType.Unspecified)
    {
        var answer = await Streams.ListShardsAsync(new ListShardsRequest { StreamName = name, ShardFilter = new ShardFilter { Type = filter } });
        return [.. answer.Shards];
    }

    public async Task<string> IteratorAsync(string name, string shard, ShardIteratorType type, string sequence = "") =>
        (await Records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = name,
            ShardId = shard,
            StartingPosition = new StartingPosition { Type = type, SequenceNumber = sequence },
        })).ShardIterator;

    /// <summary>Asserts that a call fails with a reason, that the error has all its parts, and that its message holds every text.</summary>
    public static async Task FailsAsync(string reason, Func<Task> call, params string[] inMessage)
    {
        var exception = await Assert.ThrowsAnyAsync<RpcException>(call);
        var status = exception.GetRpcStatus();
        Assert.True(status is not null, $"no google.rpc.Status in: {exception.Status}");
        var info = status.GetDetail<ErrorInfo>();
        Assert.NotNull(info);
        Assert.Equal("broker", info.Domain);
        Assert.True(reason == info.Reason, $"expected {reason}, got {info.Reason}: {status.Message}");
        Assert.DoesNotContain(" at Broker.", status.Message, StringComparison.Ordinal);
        foreach (var text in inMessage)
        {
            Assert.Contains(text, status.Message, StringComparison.Ordinal);
        }
    }
}

[CollectionDefinition("api")]
public sealed class ApiCollection : ICollectionFixture<ApiFixture>;
