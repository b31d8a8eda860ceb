using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, AddTagsToStream.</summary>
internal sealed class AddTagsToStream(AwsResources resources, StreamCalls calls) : AwsOperation<AddTagsToStream.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var tags = AwsTags.Check(input.Tags!);
        await calls.ChangeAsync(name, stream => stream.AddTagsAsync(tags), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(1, 200), EachBounds(1, 128), ValueBounds(0, 256)]
        public Dictionary<string, string>? Tags { get; set; }
    }
}
