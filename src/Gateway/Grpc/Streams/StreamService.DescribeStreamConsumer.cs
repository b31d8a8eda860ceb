using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DescribeStreamConsumerResponse> DescribeStreamConsumer(
        V1.DescribeStreamConsumerRequest request, ServerCallContext context)
    {
        StreamRequests.CheckName("consumer_name", request.ConsumerName);
        var consumer = await streams.AskAsync(request.StreamName, stream => stream.DescribeConsumerAsync(request.ConsumerName), context.CancellationToken);
        return new V1.DescribeStreamConsumerResponse { Consumer = StreamMessages.ToMessage(request.StreamName, consumer, identity) };
    }
}
