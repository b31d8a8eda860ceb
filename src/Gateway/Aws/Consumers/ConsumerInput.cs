using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>What requests about one consumer name it by: its ARN, or its stream's ARN and its name.</summary>
internal abstract class ConsumerInput
{
    [Pattern(Patterns.StreamArn), Bounds(1, 2048)]
    public string? StreamARN { get; set; }

    [Pattern(Patterns.Name), Bounds(1, 128)]
    public string? ConsumerName { get; set; }

    [Pattern(Patterns.ConsumerArn), Bounds(1, 2048)]
    public string? ConsumerARN { get; set; }

    [Pattern(Patterns.StreamId), Bounds(1, 24)]
    public string? StreamId { get; set; }
}
