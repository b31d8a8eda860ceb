using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DeregisterStreamConsumerResponse> DeregisterStreamConsumer(
        V1.DeregisterStreamConsumerRequest request, ServerCallContext context)
    {
        StreamRequests.CheckName("consumer_name", request.ConsumerName);
        await streams.ChangeAsync(request.StreamName, stream => stream.DeregisterConsumerAsync(request.ConsumerName), context.CancellationToken);
        return new V1.DeregisterStreamConsumerResponse();
    }
}
