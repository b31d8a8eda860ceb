namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, EnhancedMetrics.</summary>
internal sealed class EnhancedMetrics
{
    public List<string> ShardLevelMetrics { get; set; } = [];
}
