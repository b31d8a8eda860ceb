using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Streams;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>AWS, DescribeStreamConsumer.</summary>
internal sealed class DescribeStreamConsumer(AwsResources resources, BrokerIdentity identity)
    : AwsOperation<DescribeStreamConsumer.Input, DescribeStreamConsumer.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var (streamName, arn, consumer) = await resources.DemandConsumerAsync(input.StreamARN, input.ConsumerName, input.ConsumerARN, call);
        return new Output
        {
            ConsumerDescription = new Description
            {
                ConsumerName = consumer.Name,
                ConsumerARN = arn,
                ConsumerStatus = consumer.Status.ToAws(),
                ConsumerCreationTimestamp = DateTimeOffset.FromUnixTimeMilliseconds(consumer.CreatedUnixMilliseconds),
                StreamARN = identity.StreamArn(streamName),
            },
        };
    }

    internal sealed class Input : ConsumerInput;

    internal sealed class Output
    {
        public Description? ConsumerDescription { get; set; }
    }

    /// <summary>AWS, ConsumerDescription.</summary>
    internal sealed class Description
    {
        public string? ConsumerName { get; set; }

        public string? ConsumerARN { get; set; }

        public string? ConsumerStatus { get; set; }

        public DateTimeOffset ConsumerCreationTimestamp { get; set; }

        public string? StreamARN { get; set; }
    }
}
