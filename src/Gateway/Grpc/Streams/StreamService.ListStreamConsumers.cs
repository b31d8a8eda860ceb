using Broker.Gateway.Tokens;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.ListStreamConsumersResponse> ListStreamConsumers(
        V1.ListStreamConsumersRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("max_results", request.MaxResults, 100, 10_000);
        var (streamName, after) = (request.StreamName, (string?)null);
        if (request.NextToken.Length > 0)
        {
            StreamRequests.Check(streamName.Length == 0, "NextToken and StreamName cannot be provided together.");
            var token = (await tokens.OpenAsync(TokenPurpose.ListStreamConsumers, request.NextToken)).Split('\n');
            (streamName, after) = (token[0], token[1]);
        }

        var consumers = await streams.AskAsync(streamName, stream => stream.ListConsumersAsync(after, limit + 1), context.CancellationToken);
        var response = new V1.ListStreamConsumersResponse();
        foreach (var consumer in consumers.AsSpan()[..Math.Min(limit, consumers.Length)])
        {
            response.Consumers.Add(StreamMessages.ToMessage(streamName, consumer, identity));
        }

        if (consumers.Length > limit)
        {
            response.NextToken = await tokens.MakeAsync(TokenPurpose.ListStreamConsumers, $"{streamName}\n{consumers[limit - 1].Name}");
        }

        return response;
    }
}
