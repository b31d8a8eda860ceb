using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Streams;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>AWS, Consumer.</summary>
internal sealed class ConsumerShape
{
    public string? ConsumerName { get; set; }

    public string? ConsumerARN { get; set; }

    public string? ConsumerStatus { get; set; }

    public DateTimeOffset ConsumerCreationTimestamp { get; set; }

    public static ConsumerShape Of(string streamName, ConsumerDescription consumer, BrokerIdentity identity) => new()
    {
        ConsumerName = consumer.Name,
        ConsumerARN = identity.ConsumerArn(streamName, consumer),
        ConsumerStatus = consumer.Status.ToAws(),
        ConsumerCreationTimestamp = DateTimeOffset.FromUnixTimeMilliseconds(consumer.CreatedUnixMilliseconds),
    };
}
