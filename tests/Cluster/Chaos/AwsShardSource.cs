using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Broker.Cli.Client;
using Broker.Tests.Harness.Wire;
using Broker.V1;
using Google.Protobuf;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>Reads by GetShardIterator and GetRecords over the AWS wire, from the next gateway after each failure.</summary>
internal sealed class AwsShardSource(IReadOnlyList<AwsCaller> gateways, WireProtocol protocol, string stream) : IShardSource
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private int gateway;

    public async Task<IReadOnlyList<Shard>> ListShardsAsync(ShardFilter filter, CancellationToken cancellation)
    {
        var answer = await AskAsync("ListShards", new Dictionary<string, object?>
        {
            ["StreamName"] = stream,
            ["ShardFilter"] = new Dictionary<string, object?> { ["Type"] = "FROM_TRIM_HORIZON" },
        }, cancellation);
        return answer.ContainsKey("NextToken")
            ? throw new InvalidDataException($"{stream} has more than 1,000 shards.")
            : ((List<object?>)answer["Shards"]!).ConvertAll(shard => (IDictionary<string, object?>)shard!).ConvertAll(shard => new Shard
            {
                ShardId = (string)shard["ShardId"]!,
                ParentShardId = shard.TryGetValue("ParentShardId", out var parent) ? (string)parent! : "",
                AdjacentParentShardId = shard.TryGetValue("AdjacentParentShardId", out var adjacent) ? (string)adjacent! : "",
            });
    }

    public async IAsyncEnumerable<ShardEvent> ReadAsync(string shardId, StartingPosition position, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var start = new Dictionary<string, object?> { ["StreamName"] = stream, ["ShardId"] = shardId, ["ShardIteratorType"] = "TRIM_HORIZON" };
        if (position.Type == ShardIteratorType.AfterSequenceNumber)
        {
            start["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER";
            start["StartingSequenceNumber"] = position.SequenceNumber;
        }

        var iterator = (await AskAsync("GetShardIterator", start, cancellation))["ShardIterator"];
        while (iterator is not null)
        {
            var page = await AskAsync("GetRecords", new Dictionary<string, object?> { ["ShardIterator"] = iterator }, cancellation);
            page.TryGetValue("NextShardIterator", out iterator);
            var records = ((List<object?>)page["Records"]!).ConvertAll(record => Read((IDictionary<string, object?>)record!));
            yield return new ShardEvent(
                records,
                records.Count > 0 ? records[^1].SequenceNumber : null,
                Convert.ToInt64(page["MillisBehindLatest"], CultureInfo.InvariantCulture),
                Children(page));
            if (records.Count == 0)
            {
                await Task.Delay(Pause, cancellation);
            }
        }
    }

    private static Record Read(IDictionary<string, object?> record) => new()
    {
        SequenceNumber = (string)record["SequenceNumber"]!,
        PartitionKey = (string)record["PartitionKey"]!,
        Data = UnsafeByteOperations.UnsafeWrap(record["Data"] is string base64 ? Convert.FromBase64String(base64) : (byte[])record["Data"]!),
    };

    private static List<ChildShard> Children(IDictionary<string, object?> page) => page.TryGetValue("ChildShards", out var children)
        ? ((List<object?>)children!).ConvertAll(child => (IDictionary<string, object?>)child!).ConvertAll(child => new ChildShard
        {
            ShardId = (string)child["ShardId"]!,
            ParentShards = { ((List<object?>)child["ParentShards"]!).ConvertAll(parent => (string)parent!) },
        })
        : [];

    /// <summary>One attempt; what fails for the moment is the follower's to repeat, at another gateway.</summary>
    private async Task<IDictionary<string, object?>> AskAsync(string operation, Dictionary<string, object?> input, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Patience);
        try
        {
            var answer = await gateways[gateway % gateways.Count].SendAsync(protocol, operation, WireCodec.Encode(protocol, input), null, timeout.Token);
            if (answer.Status == HttpStatusCode.OK)
            {
                return answer.Body;
            }

            throw (int)answer.Status >= 500 || answer.Error is "ProvisionedThroughputExceededException" or "LimitExceededException" or "ExpiredIteratorException"
                ? new IOException($"{operation}: {(int)answer.Status} {answer.Error} {answer.Message}")
                : new InvalidOperationException($"{operation} was refused: {(int)answer.Status} {answer.Error} {answer.Message}");
        }
        catch (Exception exception) when (AwsCaller.IsDisconnect(exception) && !cancellation.IsCancellationRequested)
        {
            Interlocked.Increment(ref gateway);
            throw exception as IOException ?? new IOException($"{operation}: {exception.Message}", exception);
        }
    }
}
