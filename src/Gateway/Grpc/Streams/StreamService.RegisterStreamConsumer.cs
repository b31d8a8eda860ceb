using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.RegisterStreamConsumerResponse> RegisterStreamConsumer(
        V1.RegisterStreamConsumerRequest request, ServerCallContext context)
    {
        StreamRequests.CheckName("consumer_name", request.ConsumerName);
        var tags = request.Tags.Count == 0 ? null : StreamRequests.ToTags(request.Tags);
        var consumer = await streams.AskAsync(request.StreamName, stream => stream.RegisterConsumerAsync(request.ConsumerName, tags), context.CancellationToken);
        return new V1.RegisterStreamConsumerResponse { Consumer = StreamMessages.ToMessage(request.StreamName, consumer, identity) };
    }
}
