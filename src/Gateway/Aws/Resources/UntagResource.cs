using System.Collections.Immutable;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, UntagResource: of a stream or a consumer; keys that are not there are passed over.</summary>
internal sealed class UntagResource(AwsResources resources, StreamCalls calls) : AwsOperation<UntagResource.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        var keys = input.TagKeys!.ToImmutableArray();
        await calls.ChangeAsync(
            streamName, stream => consumer.Length == 0 ? stream.RemoveTagsAsync(keys) : stream.RemoveConsumerTagsAsync(consumer, keys), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : ResourceInput
    {
        [Required, Bounds(1, 50), EachBounds(1, 128)]
        public List<string>? TagKeys { get; set; }
    }
}
