using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.UpdateShardCountResponse> UpdateShardCount(
        V1.UpdateShardCountRequest request, ServerCallContext context)
    {
        StreamRequests.Check(request.TargetShardCount >= 1, $"target_shard_count is {request.TargetShardCount}: it must be 1 or more.");
        var before = await streams.AskAsync(request.StreamName, stream => stream.UpdateShardCountAsync(request.TargetShardCount), context.CancellationToken);
        routes.Forget(request.StreamName);
        return new V1.UpdateShardCountResponse { CurrentShardCount = before, TargetShardCount = request.TargetShardCount };
    }
}
