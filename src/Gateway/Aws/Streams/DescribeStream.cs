using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DescribeStream: at most 100 shards an answer.</summary>
internal sealed class DescribeStream(AwsResources resources, StreamCalls calls, BrokerIdentity identity)
    : AwsOperation<DescribeStream.Input, DescribeStream.Output>
{
    private const int MostShards = 100;

    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var route = await calls.DescribeAsync(name, call.Cancellation);
        var limit = Math.Min(input.Limit ?? MostShards, MostShards);
        var stream = route.Stream;
        var description = new Description
        {
            StreamName = name,
            StreamARN = identity.StreamArn(name),
            StreamStatus = stream.Status.ToAws(),
            StreamModeDetails = StreamModeDetails.Of(stream.Mode),
            RetentionPeriodHours = stream.RetentionHours,
            EncryptionType = stream.Encryption?.Type == EncryptionType.Kms ? "KMS" : "NONE",
            KeyId = stream.Encryption?.KeyId,
            EnhancedMonitoring = [new EnhancedMetrics { ShardLevelMetrics = [.. stream.ShardLevelMetrics] }],
            StreamCreationTimestamp = DateTimeOffset.FromUnixTimeMilliseconds(stream.CreatedUnixMilliseconds),
        };
        foreach (var shard in route.ById)
        {
            var id = shard.Id.ToString();
            if (input.ExclusiveStartShardId is { } after && string.CompareOrdinal(id, after) <= 0)
            {
                continue;
            }

            if (description.Shards.Count == limit)
            {
                description.HasMoreShards = true;
                break;
            }

            description.Shards.Add(ShardShape.Of(shard));
        }

        return new Output { StreamDescription = description };
    }

    internal sealed class Input : StreamInput
    {
        [Bounds(1, 10_000)]
        public int? Limit { get; set; }

        [Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ExclusiveStartShardId { get; set; }
    }

    internal sealed class Output
    {
        public Description? StreamDescription { get; set; }
    }

    /// <summary>AWS, StreamDescription.</summary>
    internal sealed class Description
    {
        public string? StreamName { get; set; }

        public string? StreamARN { get; set; }

        public string? StreamStatus { get; set; }

        public StreamModeDetails? StreamModeDetails { get; set; }

        public List<ShardShape> Shards { get; set; } = [];

        public bool HasMoreShards { get; set; }

        public int RetentionPeriodHours { get; set; }

        public DateTimeOffset StreamCreationTimestamp { get; set; }

        public List<EnhancedMetrics> EnhancedMonitoring { get; set; } = [];

        public string? EncryptionType { get; set; }

        public string? KeyId { get; set; }
    }
}
