using Broker.Contracts.Shards;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    public async Task<V1.GetShardIteratorResponse> GetShardIterator(V1.GetShardIteratorRequest request, ServerCallContext context)
    {
        var (route, shard) = await positions.FindShardAsync(
            await routes.GetAsync(request.StreamName, context.CancellationToken), request.ShardId, context.CancellationToken);
        var position = await positions.ResolveAsync(route, shard, request.StartingPosition, context.CancellationToken);
        return new V1.GetShardIteratorResponse
        {
            ShardIterator = await iterators.MakeAsync(new ShardKey(route.Stream.Generation, shard.Id), position),
        };
    }
}
