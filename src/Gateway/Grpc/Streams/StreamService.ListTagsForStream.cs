using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.ListTagsForStreamResponse> ListTagsForStream(
        V1.ListTagsForStreamRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("limit", request.Limit, 50, 50);
        var tags = await streams.AskAsync(
            request.StreamName,
            stream => request.ConsumerName.Length == 0 ? stream.ListTagsAsync() : stream.ListConsumerTagsAsync(request.ConsumerName),
            context.CancellationToken);
        var response = new V1.ListTagsForStreamResponse();
        foreach (var (key, value) in tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal))
        {
            if (request.ExclusiveStartTagKey.Length > 0 && string.CompareOrdinal(key, request.ExclusiveStartTagKey) <= 0)
            {
                continue;
            }

            if (response.Tags.Count == limit)
            {
                response.HasMoreTags = true;
                break;
            }

            response.Tags.Add(new V1.Tag { Key = key, Value = value });
        }

        return response;
    }
}
