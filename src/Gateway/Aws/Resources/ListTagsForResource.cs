using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, ListTagsForResource: of a stream or a consumer, in key order.</summary>
internal sealed class ListTagsForResource(AwsResources resources, StreamCalls calls) : AwsOperation<ListTagsForResource.Input, ListTagsForResource.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        var tags = await calls.AskAsync(
            streamName, stream => consumer.Length == 0 ? stream.ListTagsAsync() : stream.ListConsumerTagsAsync(consumer), call.Cancellation);
        return new Output { Tags = AwsTags.ToShapes(tags) };
    }

    internal sealed class Input : ResourceInput;

    internal sealed class Output
    {
        public List<TagShape> Tags { get; set; } = [];
    }
}
