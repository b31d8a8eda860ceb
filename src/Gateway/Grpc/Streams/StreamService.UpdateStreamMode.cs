using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.UpdateStreamModeResponse> UpdateStreamMode(
        V1.UpdateStreamModeRequest request, ServerCallContext context)
    {
        StreamRequests.Check(request.Mode != V1.StreamMode.Unspecified, "mode is absent: it must be PROVISIONED or ON_DEMAND.");
        var mode = StreamMessages.ToMode(request.Mode);
        int? warm = request.HasWarmThroughputMibps ? request.WarmThroughputMibps : null;
        await streams.ChangeAsync(request.StreamName, stream => stream.UpdateModeAsync(mode, warm), context.CancellationToken);
        return new V1.UpdateStreamModeResponse();
    }
}
