using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.MergeShardsResponse> MergeShards(
        V1.MergeShardsRequest request, ServerCallContext context)
    {
        var shard = StreamRequests.ToShardId("shard_to_merge", request.ShardToMerge);
        var adjacent = StreamRequests.ToShardId("adjacent_shard_to_merge", request.AdjacentShardToMerge);
        await streams.ChangeAsync(request.StreamName, stream => stream.MergeShardsAsync(shard, adjacent), context.CancellationToken);
        return new V1.MergeShardsResponse();
    }
}
