using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Streams;

/// <summary>What EnableEnhancedMonitoring and DisableEnhancedMonitoring are asked.</summary>
internal sealed class EnhancedMonitoringInput : StreamInput
{
    [Required, Bounds(1, 7)]
    [OneOf(
        "IncomingBytes",
        "IncomingRecords",
        "OutgoingBytes",
        "OutgoingRecords",
        "WriteProvisionedThroughputExceeded",
        "ReadProvisionedThroughputExceeded",
        "IteratorAgeMilliseconds",
        "ALL")]
    public List<string>? ShardLevelMetrics { get; set; }
}
