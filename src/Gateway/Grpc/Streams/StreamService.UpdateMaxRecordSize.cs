using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.UpdateMaxRecordSizeResponse> UpdateMaxRecordSize(
        V1.UpdateMaxRecordSizeRequest request, ServerCallContext context)
    {
        var bytes = StreamRequests.ToRecordBytes(request.MaxRecordSizeKib);
        await streams.ChangeAsync(request.StreamName, stream => stream.UpdateMaxRecordSizeAsync(bytes), context.CancellationToken);
        return new V1.UpdateMaxRecordSizeResponse();
    }
}
