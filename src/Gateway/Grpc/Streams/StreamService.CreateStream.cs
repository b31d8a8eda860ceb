using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.CreateStreamResponse> CreateStream(V1.CreateStreamRequest request, ServerCallContext context)
    {
        StreamRequests.CheckName("stream_name", request.StreamName);
        StreamRequests.Check(request.ShardCount >= 0, $"shard_count is {request.ShardCount}: it must be 0 or more.");
        var mode = request.Mode == V1.StreamMode.Unspecified ? StreamMode.OnDemand : StreamMessages.ToMode(request.Mode);
        StreamRequests.Check(
            mode == StreamMode.OnDemand || request.ShardCount > 0, "shard_count is 0: it must be 1 or more in PROVISIONED mode.");
        await grains.Catalogue.CreateAsync(new CreateStreamCommand(
            request.StreamName,
            mode,
            request.ShardCount == 0 ? DefaultShards : request.ShardCount,
            StreamRequests.ToRecordBytes(request.MaxRecordSizeKib == 0 ? 1_024 : request.MaxRecordSizeKib),
            request.Tags.Count == 0 ? ImmutableSortedDictionary<string, string>.Empty : StreamRequests.ToTags(request.Tags))
        {
            WarmThroughputMiBps = request.WarmThroughputMibps,
            RecordDistribution = request.RecordDistributionStrategy == V1.RecordDistributionStrategy.Unspecified
                ? RecordDistributionStrategy.UserPartitionKey
                : StreamMessages.ToDistribution(request.RecordDistributionStrategy),
        });
        routes.Forget(request.StreamName);
        return new V1.CreateStreamResponse();
    }
}
