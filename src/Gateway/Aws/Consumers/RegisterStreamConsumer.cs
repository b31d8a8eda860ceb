using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Resources;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>AWS, RegisterStreamConsumer.</summary>
internal sealed class RegisterStreamConsumer(AwsResources resources, StreamCalls calls, BrokerIdentity identity)
    : AwsOperation<RegisterStreamConsumer.Input, RegisterStreamConsumer.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input.StreamARN!, call);
        if (input.Tags is not null)
        {
            await resources.DemandAsync(call, nameof(TagResource), identity.NewConsumerArn(name, input.ConsumerName!));
        }

        var tags = input.Tags is null ? null : AwsTags.Check(input.Tags);
        var consumer = await calls.AskAsync(name, stream => stream.RegisterConsumerAsync(input.ConsumerName!, tags), call.Cancellation);
        return new Output { Consumer = ConsumerShape.Of(name, consumer, identity) };
    }

    internal sealed class Input
    {
        [Required, Pattern(Patterns.StreamArn), Bounds(1, 2048)]
        public string? StreamARN { get; set; }

        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ConsumerName { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }

        [Bounds(1, 200), EachBounds(1, 128), ValueBounds(0, 256)]
        public Dictionary<string, string>? Tags { get; set; }
    }

    internal sealed class Output
    {
        public ConsumerShape? Consumer { get; set; }
    }
}
