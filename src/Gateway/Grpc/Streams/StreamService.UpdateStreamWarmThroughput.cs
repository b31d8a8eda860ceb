using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.UpdateStreamWarmThroughputResponse> UpdateStreamWarmThroughput(
        V1.UpdateStreamWarmThroughputRequest request, ServerCallContext context)
    {
        var told = await streams.AskAsync(request.StreamName, stream => stream.UpdateWarmThroughputAsync(request.WarmThroughputMibps), context.CancellationToken);
        routes.Forget(request.StreamName);
        return new V1.UpdateStreamWarmThroughputResponse { WarmThroughput = StreamMessages.ToMessage(told) };
    }
}
