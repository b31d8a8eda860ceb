using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DeleteStreamResponse> DeleteStream(V1.DeleteStreamRequest request, ServerCallContext context)
    {
        await streams.ChangeAsync(request.StreamName, stream => stream.DeleteAsync(request.EnforceConsumerDeletion), context.CancellationToken);
        return new V1.DeleteStreamResponse();
    }
}
