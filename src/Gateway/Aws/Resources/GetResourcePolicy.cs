using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, GetResourcePolicy.</summary>
internal sealed class GetResourcePolicy(AwsResources resources, StreamCalls calls) : AwsOperation<GetResourcePolicy.Input, GetResourcePolicy.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        return new Output { Policy = await calls.AskAsync(streamName, stream => stream.GetResourcePolicyAsync(consumer), call.Cancellation) };
    }

    internal sealed class Input : ResourceInput;

    internal sealed class Output
    {
        public string? Policy { get; set; }
    }
}
