using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, RemoveTagsFromStream: keys that are not there are passed over.</summary>
internal sealed class RemoveTagsFromStream(AwsResources resources, StreamCalls calls) : AwsOperation<RemoveTagsFromStream.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await calls.ChangeAsync(name, stream => stream.RemoveTagsAsync([.. input.TagKeys!]), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(1, 50), EachBounds(1, 128)]
        public List<string>? TagKeys { get; set; }
    }
}
