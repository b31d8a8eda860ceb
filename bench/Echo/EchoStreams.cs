using Broker.V1;
using Grpc.Core;

namespace Broker.Echo;

/// <summary>What a reader asks before it subscribes, passed on to the broker.</summary>
internal sealed class EchoStreams(StreamService.StreamServiceClient broker) : StreamService.StreamServiceBase
{
    public override async Task<DescribeStreamResponse> DescribeStream(DescribeStreamRequest request, ServerCallContext context) =>
        await broker.DescribeStreamAsync(request, cancellationToken: context.CancellationToken);

    public override async Task<DescribeStreamSummaryResponse> DescribeStreamSummary(DescribeStreamSummaryRequest request, ServerCallContext context) =>
        await broker.DescribeStreamSummaryAsync(request, cancellationToken: context.CancellationToken);

    public override async Task<ListShardsResponse> ListShards(ListShardsRequest request, ServerCallContext context) =>
        await broker.ListShardsAsync(request, cancellationToken: context.CancellationToken);
}
