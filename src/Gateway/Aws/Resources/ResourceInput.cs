using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Resources;

/// <summary>What requests about a stream or a consumer name it by.</summary>
internal abstract class ResourceInput
{
    [Required, Pattern(Patterns.ResourceArn), Bounds(1, 2048)]
    public string? ResourceARN { get; set; }

    [Pattern(Patterns.StreamId), Bounds(1, 24)]
    public string? StreamId { get; set; }
}
