using System.Collections.Frozen;
using Broker.Gateway.Grpc.Records;
using Broker.Gateway.Tokens;
using Broker.Gateway.Wire;

namespace Broker.Gateway.Grpc.Access;

/// <summary>The one table from gRPC methods to actions and resources. A method that is not in it is refused when authentication is on.</summary>
internal static class GrpcOperations
{
    private const string Streams = "/broker.v1.StreamService/";
    private const string Records = "/broker.v1.RecordService/";
    private const string Cluster = "/broker.v1.ClusterService/";
    private const string Applications = "/broker.v1.ApplicationService/";

    /// <summary>Methods that anybody may call: whoever watches over the server has no key.</summary>
    private const string Health = "/grpc.health.v1.Health/";

    private static readonly FrozenDictionary<string, GrpcOperation> All = Entries().ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsOpen(string method) => method.StartsWith(Health, StringComparison.Ordinal);

    /// <summary>Null for a method that is not known.</summary>
    public static GrpcOperation? Find(string method) => All.GetValueOrDefault(method);

    private static IEnumerable<KeyValuePair<string, GrpcOperation>> Entries() =>
    [
        WithTags<V1.CreateStreamRequest>(
            OfStream<V1.CreateStreamRequest>("CreateStream", static request => request.StreamName),
            static (resources, request) => request.Tags.Count == 0 ? null : new GrpcDemand("kinesis:AddTagsToStream", resources.StreamArn(request.StreamName))),
        OfStream<V1.DeleteStreamRequest>("DeleteStream", static request => request.StreamName),
        OfStream<V1.DescribeStreamRequest>("DescribeStream", static request => request.StreamName),
        OfStream<V1.DescribeStreamSummaryRequest>("DescribeStreamSummary", static request => request.StreamName),
        OfStream<V1.SplitShardRequest>("SplitShard", static request => request.StreamName),
        OfStream<V1.MergeShardsRequest>("MergeShards", static request => request.StreamName),
        OfStream<V1.UpdateShardCountRequest>("UpdateShardCount", static request => request.StreamName),
        OfStream<V1.IncreaseStreamRetentionPeriodRequest>("IncreaseStreamRetentionPeriod", static request => request.StreamName),
        OfStream<V1.DecreaseStreamRetentionPeriodRequest>("DecreaseStreamRetentionPeriod", static request => request.StreamName),
        OfStream<V1.UpdateStreamModeRequest>("UpdateStreamMode", static request => request.StreamName),
        OfStream<V1.UpdateMaxRecordSizeRequest>("UpdateMaxRecordSize", static request => request.StreamName),
        OfStream<V1.UpdateStreamWarmThroughputRequest>("UpdateStreamWarmThroughput", static request => request.StreamName),
        OfStream<V1.UpdateStreamRecordDistributionStrategyRequest>("UpdateStreamRecordDistributionStrategy", static request => request.StreamName),
        OfStream<V1.EnableEnhancedMonitoringRequest>("EnableEnhancedMonitoring", static request => request.StreamName),
        OfStream<V1.DisableEnhancedMonitoringRequest>("DisableEnhancedMonitoring", static request => request.StreamName),
        OfStream<V1.StartStreamEncryptionRequest>("StartStreamEncryption", static request => request.StreamName),
        OfStream<V1.StopStreamEncryptionRequest>("StopStreamEncryption", static request => request.StreamName),
        WithTags<V1.RegisterStreamConsumerRequest>(
            OfStream<V1.RegisterStreamConsumerRequest>("RegisterStreamConsumer", static request => request.StreamName),
            static (resources, request) => request.Tags.Count == 0
                ? null : new GrpcDemand("kinesis:TagResource", resources.NewConsumerArn(request.StreamName, request.ConsumerName))),
        OfEither<V1.AddTagsToStreamRequest>("AddTagsToStream", "TagResource", static request => (request.StreamName, request.ConsumerName)),
        OfEither<V1.RemoveTagsFromStreamRequest>("RemoveTagsFromStream", "UntagResource", static request => (request.StreamName, request.ConsumerName)),
        OfEither<V1.ListTagsForStreamRequest>("ListTagsForStream", "ListTagsForResource", static request => (request.StreamName, request.ConsumerName)),
        OfEither<V1.PutResourcePolicyRequest>("PutResourcePolicy", "PutResourcePolicy", static request => (request.StreamName, request.ConsumerName)),
        OfEither<V1.GetResourcePolicyRequest>("GetResourcePolicy", "GetResourcePolicy", static request => (request.StreamName, request.ConsumerName)),
        OfEither<V1.DeleteResourcePolicyRequest>("DeleteResourcePolicy", "DeleteResourcePolicy", static request => (request.StreamName, request.ConsumerName)),
        Of<V1.ListStreamsRequest>(Streams, "ListStreams", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.DescribeLimitsRequest>(Streams, "DescribeLimits", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.ListShardsRequest>(Streams, "ListShards", static (resources, request, _) =>
            request.NextToken.Length == 0 ? resources.Stream(request.StreamName) : resources.OfTokenAsync(TokenPurpose.ListShards, request.NextToken)),
        Of<V1.ListStreamConsumersRequest>(Streams, "ListStreamConsumers", static (resources, request, _) =>
            request.NextToken.Length == 0 ? resources.Stream(request.StreamName) : resources.OfTokenAsync(TokenPurpose.ListStreamConsumers, request.NextToken)),
        Of<V1.DescribeStreamConsumerRequest>(Streams, "DescribeStreamConsumer", static (resources, request, cancellation) =>
            resources.ConsumerAsync(request.StreamName, request.ConsumerName, cancellation)),
        Of<V1.DeregisterStreamConsumerRequest>(Streams, "DeregisterStreamConsumer", static (resources, request, cancellation) =>
            resources.ConsumerAsync(request.StreamName, request.ConsumerName, cancellation)),
        Of<RequestFrame>(Records, "PutRecord", static (resources, request, _) => resources.Stream(RecordService.ReadStreamName(request))),
        Of<RequestFrame>(Records, "PutRecords", static (resources, request, _) => resources.Stream(RecordService.ReadStreamName(request))),
        Of<V1.GetShardIteratorRequest>(Records, "GetShardIterator", static (resources, request, _) => resources.Stream(request.StreamName)),
        Of<V1.GetRecordsRequest>(Records, "GetRecords", static (resources, request, cancellation) =>
            resources.OfIteratorAsync(request.ShardIterator, cancellation)),
        Of<V1.SubscribeToShardRequest>(Records, "SubscribeToShard", static (resources, request, cancellation) => request.ConsumerName.Length == 0
            ? resources.Stream(request.StreamName)
            : resources.ConsumerAsync(request.StreamName, request.ConsumerName, cancellation)),

        Of<V1.ListApplicationsRequest>(Applications, "ListApplications", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.DescribeApplicationRequest>(Applications, "DescribeApplication", static (resources, request, _) => resources.Application(request.ApplicationName)),
        Of<V1.ResetApplicationRequest>(Applications, "ResetApplication", static (resources, request, _) => resources.Application(request.ApplicationName)),
        Of<V1.DeleteApplicationRequest>(Applications, "DeleteApplication", static (resources, request, _) => resources.Application(request.ApplicationName)),

        Of<V1.GetClusterStatusRequest>(Cluster, "GetClusterStatus", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.DrainSiloRequest>(Cluster, "DrainSilo", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.CheckShardsRequest>(Cluster, "CheckShards", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.GetDiagnosticsRequest>(Cluster, "GetDiagnostics", static (_, _, _) => ValueTask.FromResult("*")),
        Of<V1.UpgradeClusterRequest>(Cluster, "UpgradeCluster", static (_, _, _) => ValueTask.FromResult("*")),

        // Its first message names the application and the streams.
        new($"{Applications}Consume", new GrpcOperation(null)),

        // Its first message names the stream.
        new($"{Records}Produce", new GrpcOperation(null)),
        new("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", new GrpcOperation(null)),
        new("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", new GrpcOperation(null)),
    ];

    private static KeyValuePair<string, GrpcOperation> OfStream<TRequest>(string name, Func<TRequest, string> streamName) =>
        Of<TRequest>(Streams, name, (resources, request, _) => resources.Stream(streamName(request)));

    /// <summary>An operation whose request may bring tags, for which AWS wants leave of its own.</summary>
    private static KeyValuePair<string, GrpcOperation> WithTags<TRequest>(
        KeyValuePair<string, GrpcOperation> entry, Func<GrpcResources, TRequest, GrpcDemand?> find) =>
        new(entry.Key, entry.Value with { FindMore = (resources, request) => find(resources, (TRequest)request) });

    /// <summary>An operation that AWS has under another name for consumers.</summary>
    private static KeyValuePair<string, GrpcOperation> OfEither<TRequest>(
        string name, string consumerAction, Func<TRequest, (string StreamName, string ConsumerName)> names) =>
        new($"{Streams}{name}", new GrpcOperation(async (resources, request, cancellation) =>
        {
            var (streamName, consumerName) = names((TRequest)request);
            return consumerName.Length == 0
                ? new GrpcDemand($"kinesis:{name}", await resources.Stream(streamName))
                : new GrpcDemand($"kinesis:{consumerAction}", await resources.ConsumerAsync(streamName, consumerName, cancellation));
        }));

    private static KeyValuePair<string, GrpcOperation> Of<TRequest>(
        string service, string name, Func<GrpcResources, TRequest, CancellationToken, ValueTask<string>> find)
    {
        var action = $"kinesis:{name}";
        return new($"{service}{name}", new GrpcOperation(async (resources, request, cancellation) =>
            new GrpcDemand(action, await find(resources, (TRequest)request, cancellation))));
    }
}
