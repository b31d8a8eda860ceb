using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, ListTagsForStream: in key order; all at once where no limit is given, of which there are at most 200.</summary>
internal sealed class ListTagsForStream(AwsResources resources, StreamCalls calls) : AwsOperation<ListTagsForStream.Input, ListTagsForStream.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var tags = await calls.AskAsync(name, static stream => stream.ListTagsAsync(), call.Cancellation);
        var rest = tags.Where(tag => input.ExclusiveStartTagKey is null || string.CompareOrdinal(tag.Key, input.ExclusiveStartTagKey) > 0).ToList();
        var limit = input.Limit ?? rest.Count;
        return new Output { Tags = AwsTags.ToShapes(rest.Take(limit)), HasMoreTags = rest.Count > limit };
    }

    internal sealed class Input : StreamInput
    {
        [Bounds(1, 50)]
        public int? Limit { get; set; }

        [Bounds(1, 128)]
        public string? ExclusiveStartTagKey { get; set; }
    }

    internal sealed class Output
    {
        public List<TagShape> Tags { get; set; } = [];

        public bool HasMoreTags { get; set; }
    }
}
