using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Streams;

/// <summary>What requests about one stream name it by: its name, its ARN, or both where they agree.</summary>
internal abstract class StreamInput
{
    [Pattern(Patterns.Name), Bounds(1, 128)]
    public string? StreamName { get; set; }

    [Pattern(Patterns.StreamArn), Bounds(1, 2048)]
    public string? StreamARN { get; set; }

    /// <summary>AWS reserves it: checked for form, of no effect.</summary>
    [Pattern(Patterns.StreamId), Bounds(1, 24)]
    public string? StreamId { get; set; }
}
