using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.StartStreamEncryptionResponse> StartStreamEncryption(
        V1.StartStreamEncryptionRequest request, ServerCallContext context)
    {
        StreamRequests.CheckEncryption(request.EncryptionType, request.KeyId);
        await streams.ChangeAsync(request.StreamName, stream => ciphers.StartAsync(stream, request.KeyId, context.CancellationToken), context.CancellationToken);
        return new V1.StartStreamEncryptionResponse();
    }
}
