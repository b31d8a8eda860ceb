using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>AWS, DeregisterStreamConsumer.</summary>
internal sealed class DeregisterStreamConsumer(AwsResources resources, StreamCalls calls) : AwsOperation<DeregisterStreamConsumer.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var named = await resources.DemandConsumerAsync(input.StreamARN, input.ConsumerName, input.ConsumerARN, call);
        await calls.ChangeAsync(named.StreamName, stream => stream.DeregisterConsumerAsync(named.Consumer.Name), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : ConsumerInput;
}
