using Broker.V1;
using Grpc.Core;

namespace Broker.Echo;

/// <summary>RecordService with its one call that is measured.</summary>
internal sealed class EchoRecords(PushedMessages messages)
{
    public async Task SubscribeToShard(SubscribeToShardRequest request, IServerStreamWriter<byte[]> responses, ServerCallContext context)
    {
        foreach (var message in messages[request.ShardId])
        {
            await responses.WriteAsync(message, context.CancellationToken);
        }
    }
}
