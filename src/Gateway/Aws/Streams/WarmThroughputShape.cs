using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, WarmThroughputObject.</summary>
internal sealed class WarmThroughputShape
{
    public int TargetMiBps { get; set; }

    public int CurrentMiBps { get; set; }

    public static WarmThroughputShape Of(WarmThroughput throughput) => new() { TargetMiBps = throughput.TargetMiBps, CurrentMiBps = throughput.CurrentMiBps };
}
