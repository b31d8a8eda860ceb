using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.GetResourcePolicyResponse> GetResourcePolicy(V1.GetResourcePolicyRequest request, ServerCallContext context) => new()
    {
        Policy = await streams.AskAsync(request.StreamName, stream => stream.GetResourcePolicyAsync(request.ConsumerName), context.CancellationToken),
    };
}
