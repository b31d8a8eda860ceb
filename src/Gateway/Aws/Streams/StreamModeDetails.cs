using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, StreamModeDetails.</summary>
internal sealed class StreamModeDetails
{
    [Required, OneOf("PROVISIONED", "ON_DEMAND")]
    public string? StreamMode { get; set; }

    public static StreamModeDetails Of(StreamMode mode) => new() { StreamMode = mode == Contracts.Streams.StreamMode.OnDemand ? "ON_DEMAND" : "PROVISIONED" };

    public StreamMode ToMode() =>
        StreamMode == "ON_DEMAND" ? Contracts.Streams.StreamMode.OnDemand : Contracts.Streams.StreamMode.Provisioned;
}
