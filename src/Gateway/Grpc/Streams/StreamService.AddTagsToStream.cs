using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.AddTagsToStreamResponse> AddTagsToStream(
        V1.AddTagsToStreamRequest request, ServerCallContext context)
    {
        var tags = StreamRequests.ToTags(request.Tags);
        await streams.ChangeAsync(
            request.StreamName,
            stream => request.ConsumerName.Length == 0 ? stream.AddTagsAsync(tags) : stream.AddConsumerTagsAsync(request.ConsumerName, tags),
            context.CancellationToken);
        return new V1.AddTagsToStreamResponse();
    }
}
