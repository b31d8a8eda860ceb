using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, TagResource: of a stream or a consumer.</summary>
internal sealed class TagResource(AwsResources resources, StreamCalls calls) : AwsOperation<TagResource.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        var tags = AwsTags.Check(input.Tags!);
        await calls.ChangeAsync(
            streamName, stream => consumer.Length == 0 ? stream.AddTagsAsync(tags) : stream.AddConsumerTagsAsync(consumer, tags), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : ResourceInput
    {
        [Required, Bounds(1, 200), EachBounds(1, 128), ValueBounds(0, 256)]
        public Dictionary<string, string>? Tags { get; set; }
    }
}
