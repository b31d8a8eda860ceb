using Broker.Gateway.Wire;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>Binds broker.v1.StreamService: the generated service's names and messages, with marshallers that answer malformed requests as such.</summary>
internal sealed class StreamServiceMethods : IServiceMethodProvider<StreamService>
{
    private const string Service = "broker.v1.StreamService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<StreamService> context)
    {
        Add(context, "CreateStream", V1.CreateStreamRequest.Parser, static (service, request, call) => service.CreateStream(request, call));
        Add(context, "DeleteStream", V1.DeleteStreamRequest.Parser, static (service, request, call) => service.DeleteStream(request, call));
        Add(context, "DescribeStream", V1.DescribeStreamRequest.Parser, static (service, request, call) => service.DescribeStream(request, call));
        Add(context, "DescribeStreamSummary", V1.DescribeStreamSummaryRequest.Parser, static (service, request, call) => service.DescribeStreamSummary(request, call));
        Add(context, "ListStreams", V1.ListStreamsRequest.Parser, static (service, request, call) => service.ListStreams(request, call));
        Add(context, "ListShards", V1.ListShardsRequest.Parser, static (service, request, call) => service.ListShards(request, call));
        Add(context, "SplitShard", V1.SplitShardRequest.Parser, static (service, request, call) => service.SplitShard(request, call));
        Add(context, "MergeShards", V1.MergeShardsRequest.Parser, static (service, request, call) => service.MergeShards(request, call));
        Add(context, "UpdateShardCount", V1.UpdateShardCountRequest.Parser, static (service, request, call) => service.UpdateShardCount(request, call));
        Add(context, "IncreaseStreamRetentionPeriod", V1.IncreaseStreamRetentionPeriodRequest.Parser, static (service, request, call) => service.IncreaseStreamRetentionPeriod(request, call));
        Add(context, "DecreaseStreamRetentionPeriod", V1.DecreaseStreamRetentionPeriodRequest.Parser, static (service, request, call) => service.DecreaseStreamRetentionPeriod(request, call));
        Add(context, "UpdateStreamMode", V1.UpdateStreamModeRequest.Parser, static (service, request, call) => service.UpdateStreamMode(request, call));
        Add(context, "UpdateStreamWarmThroughput", V1.UpdateStreamWarmThroughputRequest.Parser, static (service, request, call) => service.UpdateStreamWarmThroughput(request, call));
        Add(context, "UpdateStreamRecordDistributionStrategy", V1.UpdateStreamRecordDistributionStrategyRequest.Parser, static (service, request, call) => service.UpdateStreamRecordDistributionStrategy(request, call));
        Add(context, "EnableEnhancedMonitoring", V1.EnableEnhancedMonitoringRequest.Parser, static (service, request, call) => service.EnableEnhancedMonitoring(request, call));
        Add(context, "DisableEnhancedMonitoring", V1.DisableEnhancedMonitoringRequest.Parser, static (service, request, call) => service.DisableEnhancedMonitoring(request, call));
        Add(context, "PutResourcePolicy", V1.PutResourcePolicyRequest.Parser, static (service, request, call) => service.PutResourcePolicy(request, call));
        Add(context, "GetResourcePolicy", V1.GetResourcePolicyRequest.Parser, static (service, request, call) => service.GetResourcePolicy(request, call));
        Add(context, "DeleteResourcePolicy", V1.DeleteResourcePolicyRequest.Parser, static (service, request, call) => service.DeleteResourcePolicy(request, call));
        Add(context, "UpdateMaxRecordSize", V1.UpdateMaxRecordSizeRequest.Parser, static (service, request, call) => service.UpdateMaxRecordSize(request, call));
        Add(context, "StartStreamEncryption", V1.StartStreamEncryptionRequest.Parser, static (service, request, call) => service.StartStreamEncryption(request, call));
        Add(context, "StopStreamEncryption", V1.StopStreamEncryptionRequest.Parser, static (service, request, call) => service.StopStreamEncryption(request, call));
        Add(context, "AddTagsToStream", V1.AddTagsToStreamRequest.Parser, static (service, request, call) => service.AddTagsToStream(request, call));
        Add(context, "RemoveTagsFromStream", V1.RemoveTagsFromStreamRequest.Parser, static (service, request, call) => service.RemoveTagsFromStream(request, call));
        Add(context, "ListTagsForStream", V1.ListTagsForStreamRequest.Parser, static (service, request, call) => service.ListTagsForStream(request, call));
        Add(context, "DescribeLimits", V1.DescribeLimitsRequest.Parser, static (service, request, call) => service.DescribeLimits(request, call));
        Add(context, "RegisterStreamConsumer", V1.RegisterStreamConsumerRequest.Parser, static (service, request, call) => service.RegisterStreamConsumer(request, call));
        Add(context, "DeregisterStreamConsumer", V1.DeregisterStreamConsumerRequest.Parser, static (service, request, call) => service.DeregisterStreamConsumer(request, call));
        Add(context, "DescribeStreamConsumer", V1.DescribeStreamConsumerRequest.Parser, static (service, request, call) => service.DescribeStreamConsumer(request, call));
        Add(context, "ListStreamConsumers", V1.ListStreamConsumersRequest.Parser, static (service, request, call) => service.ListStreamConsumers(request, call));
    }

    private static void Add<TRequest, TResponse>(
        ServiceMethodProviderContext<StreamService> context,
        string name,
        MessageParser<TRequest> parser,
        UnaryServerMethod<StreamService, TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => context.AddUnaryMethod(
            new Method<TRequest, TResponse>(
                MethodType.Unary, Service, name, ProtoMarshallers.Reading(parser), ProtoMarshallers.Writing<TResponse>()),
            [],
            handler);
}
