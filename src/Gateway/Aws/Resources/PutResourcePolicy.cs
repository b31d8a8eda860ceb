using Broker.Gateway.Auth.Policies;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Resources;

/// <summary>AWS, PutResourcePolicy.</summary>
internal sealed class PutResourcePolicy(AwsResources resources, StreamCalls calls) : AwsOperation<PutResourcePolicy.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var (streamName, consumer) = await resources.DemandResourceAsync(input.ResourceARN!, call);
        if (!PolicyDocument.TryParse(input.Policy!, PolicyKind.Resource, out _, out var fault))
        {
            throw AwsException.InvalidArgument($"Policy is not a resource policy that can be enforced: {fault}");
        }

        await calls.ChangeAsync(streamName, stream => stream.PutResourcePolicyAsync(consumer, input.Policy!), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : ResourceInput
    {
        [Required]
        public string? Policy { get; set; }
    }
}
