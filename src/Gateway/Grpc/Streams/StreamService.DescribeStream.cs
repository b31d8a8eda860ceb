using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DescribeStreamResponse> DescribeStream(V1.DescribeStreamRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("limit", request.Limit, 100, 10_000);
        var after = StreamRequests.ToShardIdOrNone("exclusive_start_shard_id", request.ExclusiveStartShardId);
        var route = await streams.DescribeAsync(request.StreamName, context.CancellationToken);
        var response = new V1.DescribeStreamResponse { Stream = StreamMessages.ToMessage(route.Stream, identity) };
        foreach (var shard in route.ById)
        {
            if (after is { } first && shard.Id <= first)
            {
                continue;
            }

            if (response.Shards.Count == limit)
            {
                response.HasMoreShards = true;
                break;
            }

            response.Shards.Add(StreamMessages.ToMessage(shard));
        }

        return response;
    }
}
