using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DescribeStreamSummaryResponse> DescribeStreamSummary(
        V1.DescribeStreamSummaryRequest request, ServerCallContext context)
    {
        var stream = await streams.AskAsync(request.StreamName, static stream => stream.DescribeAsync(), context.CancellationToken);
        return new V1.DescribeStreamSummaryResponse { Stream = StreamMessages.ToMessage(stream, identity) };
    }
}
