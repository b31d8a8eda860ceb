using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DescribeStreamSummary.</summary>
internal sealed class DescribeStreamSummary(AwsResources resources, StreamCalls calls, BrokerIdentity identity)
    : AwsOperation<DescribeStreamSummary.Input, DescribeStreamSummary.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var stream = await calls.AskAsync(name, static stream => stream.DescribeAsync(), call.Cancellation);
        return new Output
        {
            StreamDescriptionSummary = new Summary
            {
                StreamName = name,
                StreamARN = identity.StreamArn(name),
                StreamStatus = stream.Status.ToAws(),
                StreamModeDetails = StreamModeDetails.Of(stream.Mode),
                RetentionPeriodHours = stream.RetentionHours,
                StreamCreationTimestamp = DateTimeOffset.FromUnixTimeMilliseconds(stream.CreatedUnixMilliseconds),
                OpenShardCount = stream.OpenShardCount,
                ConsumerCount = stream.ConsumerCount,
                MaxRecordSizeInKiB = stream.MaxRecordBytes / 1_024,
                WarmThroughput = stream.Mode == StreamMode.OnDemand ? WarmThroughputShape.Of(stream.WarmThroughput) : null,
                RecordDistributionStrategy = stream.RecordDistribution.ToAws(),
                EncryptionType = stream.Encryption?.Type == EncryptionType.Kms ? "KMS" : "NONE",
                KeyId = stream.Encryption?.KeyId,
                EnhancedMonitoring = [new EnhancedMetrics { ShardLevelMetrics = [.. stream.ShardLevelMetrics] }],
            },
        };
    }

    internal sealed class Input : StreamInput;

    internal sealed class Output
    {
        public Summary? StreamDescriptionSummary { get; set; }
    }

    /// <summary>AWS, StreamDescriptionSummary.</summary>
    internal sealed class Summary
    {
        public string? StreamName { get; set; }

        public string? StreamARN { get; set; }

        public string? StreamStatus { get; set; }

        public StreamModeDetails? StreamModeDetails { get; set; }

        public int RetentionPeriodHours { get; set; }

        public DateTimeOffset StreamCreationTimestamp { get; set; }

        public List<EnhancedMetrics> EnhancedMonitoring { get; set; } = [];

        public string? EncryptionType { get; set; }

        public string? KeyId { get; set; }

        public int OpenShardCount { get; set; }

        public int ConsumerCount { get; set; }

        public WarmThroughputShape? WarmThroughput { get; set; }

        public int MaxRecordSizeInKiB { get; set; }

        /// <summary>Deliveries, which this broker does not have.</summary>
        public int ChannelCount { get; set; }

        public string? RecordDistributionStrategy { get; set; }
    }
}
