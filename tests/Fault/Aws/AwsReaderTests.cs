using System.Net;
using Broker.Tests.Harness.Wire;
using Xunit;

namespace Broker.Tests.Fault.Aws;

/// <summary>Readers, and the checks of accepted changes, find a broker that does not what it should.</summary>
public sealed class AwsReaderTests
{
    private static readonly Dictionary<string, object?> Parent = CannedBroker.Shard("shardId-000000000000", "0", "99", isOpen: true);
    private static readonly Dictionary<string, object?> Other = CannedBroker.Shard("shardId-000000000001", "100", "199", isOpen: true);
    private static readonly Dictionary<string, object?> Child = CannedBroker.Shard("shardId-000000000002", "0", "49", isOpen: true, parent: "shardId-000000000000");

    [Fact]
    public async Task AChildThatNoAnswerNamesIsFound()
    {
        Assert.Empty(await ReadAsync(Parent));
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(Parent, Child));
        Assert.Contains("ListShards has shardId-000000000002", fault.Message, StringComparison.Ordinal);

        static async Task<List<ReadRecord>> ReadAsync(params object?[] shards)
        {
            using var caller = Caller(operation => operation switch
            {
                "ListShards" => new Dictionary<string, object?> { ["Shards"] = shards.ToList() },
                "GetShardIterator" => new Dictionary<string, object?> { ["ShardIterator"] = "i" },
                _ => new Dictionary<string, object?> { ["Records"] = new List<object?>(), ["NextShardIterator"] = "i", ["MillisBehindLatest"] = 0 },
            });
            return await AwsReading.AllAsync(caller, WireProtocol.Json, "s");
        }
    }

    [Fact]
    public async Task AnAcceptedSplitThatDidNotComeTrueIsFound()
    {
        using var caller = Caller(_ => new Dictionary<string, object?> { ["Shards"] = new List<object?> { Parent, Other } });
        var change = await AwsChange.ReshardAsync(caller, "s", new Random(1));
        Assert.Equal("SplitShard", change.Operation);
        var split = (string)change.Input["ShardToSplit"]!;
        Assert.Contains($"{split} is open still", change.Effect(await AwsReading.ShardsAsync(caller, "s")), StringComparison.Ordinal);
        Assert.Null(change.Effect([CannedBroker.Shard(split, "0", "99", isOpen: false)]));
    }

    [Fact]
    public async Task AnAcceptedShardCountThatDidNotComeTrueIsFound()
    {
        using var caller = Caller(_ => new Dictionary<string, object?> { ["Shards"] = new List<object?> { Parent } });
        var change = await AwsChange.RescaleAsync(caller, "s", new Random(1));
        Assert.Contains("has 1 open shards", change.Effect(await AwsReading.ShardsAsync(caller, "s")), StringComparison.Ordinal);
        Assert.Null(change.Effect([.. Enumerable.Repeat(Parent, (int)change.Input["TargetShardCount"]!)]));
    }

    [Theory]
    [InlineData("SubscribeToShardEvent", "initial-response")]
    [InlineData("initial-response", "ResourceNotFoundException")]
    public async Task ASubscriptionThatBeginsOrGoesOnOtherwiseIsFound(string first, string second)
    {
        byte[] frames = [.. AwsCheckTests.FrameOf(first), .. AwsCheckTests.FrameOf(second)];
        using var caller = Caller(operation => operation == "ListShards" ? new Dictionary<string, object?> { ["Shards"] = new List<object?> { Parent } } : frames);
        using var timeout = new CancellationTokenSource(AwsCaller.Patience);
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => new AwsFollower(caller, WireProtocol.Json, "s", "arn").RunAsync(timeout.Token));
        Assert.Contains(first == "initial-response" ? second : first, fault.Message, StringComparison.Ordinal);
    }

    private static AwsCaller Caller(Func<string, object> answers) => new("http://localhost", HttpVersion.Version11, new CannedBroker(answers));
}
