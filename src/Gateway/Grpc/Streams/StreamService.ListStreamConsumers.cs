using Broker.Gateway.Tokens;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.ListStreamConsumersResponse> ListStreamConsumers(
        V1.ListStreamConsumersRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("max_results", request.MaxResults, 100, 10_000);
        var streamName = request.StreamName;
        ConsumersToken? token = null;
        if (request.NextToken.Length > 0)
        {
            StreamRequests.Check(streamName.Length == 0, "NextToken and StreamName cannot be provided together.");
            token = ConsumersToken.FromToken(await tokens.OpenAsync(TokenPurpose.ListStreamConsumers, request.NextToken));
            streamName = token.StreamName;
        }

        var (described, consumers) = await streams.AskAsync(
            streamName,
            async stream => (await stream.DescribeAsync(), await stream.ListConsumersAsync(token?.After, limit + 1)),
            context.CancellationToken);
        StreamRequests.Check(
            token is null || token.Generation == described.Generation, $"next_token is of a stream {streamName} that was deleted.");
        var response = new V1.ListStreamConsumersResponse();
        foreach (var consumer in consumers.AsSpan()[..Math.Min(limit, consumers.Length)])
        {
            response.Consumers.Add(StreamMessages.ToMessage(streamName, consumer, identity));
        }

        if (consumers.Length > limit)
        {
            response.NextToken = await tokens.MakeAsync(
                TokenPurpose.ListStreamConsumers, new ConsumersToken(streamName, described.Generation, consumers[limit - 1].Name).ToToken());
        }

        return response;
    }
}
