using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, DeleteResourcePolicy.</summary>
internal sealed class DeleteResourcePolicy(AwsResources resources, StreamCalls calls) : AwsOperation<DeleteResourcePolicy.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        await calls.ChangeAsync(streamName, stream => stream.DeleteResourcePolicyAsync(consumer), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : ResourceInput;
}
