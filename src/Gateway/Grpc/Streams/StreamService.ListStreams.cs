using Broker.Gateway.Tokens;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.ListStreamsResponse> ListStreams(V1.ListStreamsRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("limit", request.Limit, 100, 10_000);
        var after = request.NextToken.Length > 0 ? await tokens.OpenAsync(TokenPurpose.ListStreams, request.NextToken)
            : request.ExclusiveStartStreamName.Length > 0 ? request.ExclusiveStartStreamName
            : null;
        var page = await grains.Catalogue.ListAsync(after, limit).WaitAsync(context.CancellationToken);
        var response = new V1.ListStreamsResponse { HasMoreStreams = page.HasMore };
        foreach (var stream in page.Streams)
        {
            response.Streams.Add(StreamMessages.ToMessage(stream, identity));
        }

        if (page.HasMore && page.Streams is [.., var last])
        {
            response.NextToken = await tokens.MakeAsync(TokenPurpose.ListStreams, last.Name);
        }

        return response;
    }
}
