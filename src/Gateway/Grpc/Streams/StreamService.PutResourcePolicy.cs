using Broker.Gateway.Auth.Policies;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.PutResourcePolicyResponse> PutResourcePolicy(V1.PutResourcePolicyRequest request, ServerCallContext context)
    {
        StreamRequests.Check(PolicyDocument.TryParse(request.Policy, PolicyKind.Resource, out _, out var fault), $"policy: {fault}");
        await streams.ChangeAsync(request.StreamName, stream => stream.PutResourcePolicyAsync(request.ConsumerName, request.Policy), context.CancellationToken);
        return new V1.PutResourcePolicyResponse();
    }
}
