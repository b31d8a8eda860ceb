using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>What EnableEnhancedMonitoring and DisableEnhancedMonitoring answer.</summary>
internal sealed class EnhancedMonitoringOutput
{
    public string? StreamName { get; set; }

    public List<string> CurrentShardLevelMetrics { get; set; } = [];

    public List<string> DesiredShardLevelMetrics { get; set; } = [];

    public string? StreamARN { get; set; }

    public static EnhancedMonitoringOutput Of(string streamName, BrokerIdentity identity, ShardLevelMetricsChange change) => new()
    {
        StreamName = streamName,
        CurrentShardLevelMetrics = [.. change.Current],
        DesiredShardLevelMetrics = [.. change.Desired],
        StreamARN = identity.StreamArn(streamName),
    };
}
