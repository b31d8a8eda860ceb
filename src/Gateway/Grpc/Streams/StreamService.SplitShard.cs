using Broker.Contracts.Streams;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.SplitShardResponse> SplitShard(
        V1.SplitShardRequest request, ServerCallContext context)
    {
        var shard = StreamRequests.ToShardId("shard_to_split", request.ShardToSplit);
        StreamRequests.Check(
            HashKey.TryParse(request.NewStartingHashKey, out var key),
            $"new_starting_hash_key is '{StreamRequests.Shorten(request.NewStartingHashKey)}': it must be a decimal from 0 to 2^128-1.");
        await streams.ChangeAsync(request.StreamName, stream => stream.SplitShardAsync(shard, key), context.CancellationToken);
        return new V1.SplitShardResponse();
    }
}
