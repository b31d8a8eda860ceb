using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.StopStreamEncryptionResponse> StopStreamEncryption(
        V1.StopStreamEncryptionRequest request, ServerCallContext context)
    {
        StreamRequests.CheckEncryption(request.EncryptionType, request.KeyId);
        await streams.ChangeAsync(request.StreamName, static stream => stream.StopEncryptionAsync(), context.CancellationToken);
        return new V1.StopStreamEncryptionResponse();
    }
}
