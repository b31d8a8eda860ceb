using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DeleteResourcePolicyResponse> DeleteResourcePolicy(
        V1.DeleteResourcePolicyRequest request, ServerCallContext context)
    {
        await streams.ChangeAsync(request.StreamName, stream => stream.DeleteResourcePolicyAsync(request.ConsumerName), context.CancellationToken);
        return new V1.DeleteResourcePolicyResponse();
    }
}
