using System.Collections.Immutable;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.RemoveTagsFromStreamResponse> RemoveTagsFromStream(
        V1.RemoveTagsFromStreamRequest request, ServerCallContext context)
    {
        StreamRequests.Check(request.TagKeys.Count is >= 1 and <= 50, $"tag_keys has {request.TagKeys.Count} members: it must have 1 to 50.");
        var keys = request.TagKeys.ToImmutableArray();
        await streams.ChangeAsync(
            request.StreamName,
            stream => request.ConsumerName.Length == 0 ? stream.RemoveTagsAsync(keys) : stream.RemoveConsumerTagsAsync(request.ConsumerName, keys),
            context.CancellationToken);
        return new V1.RemoveTagsFromStreamResponse();
    }
}
