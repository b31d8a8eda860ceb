using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DeleteStream.</summary>
internal sealed class DeleteStream(AwsResources resources, StreamCalls calls) : AwsOperation<DeleteStream.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await calls.ChangeAsync(name, stream => stream.DeleteAsync(input.EnforceConsumerDeletion ?? false), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        public bool? EnforceConsumerDeletion { get; set; }
    }
}
