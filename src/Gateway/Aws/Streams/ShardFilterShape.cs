using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Reading;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, ShardFilter.</summary>
internal sealed class ShardFilterShape
{
    [Required, OneOf("AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP")]
    public string? Type { get; set; }

    [Pattern(Patterns.Name), Bounds(1, 128)]
    public string? ShardId { get; set; }

    public DateTimeOffset? Timestamp { get; set; }

    public ShardFilterType ToFilterType() => Type switch
    {
        "AFTER_SHARD_ID" => ShardFilterType.AfterShardId,
        "AT_TRIM_HORIZON" => ShardFilterType.AtTrimHorizon,
        "AT_LATEST" => ShardFilterType.AtLatest,
        "AT_TIMESTAMP" => ShardFilterType.AtTimestamp,
        "FROM_TIMESTAMP" => ShardFilterType.FromTimestamp,
        _ => ShardFilterType.FromTrimHorizon,
    };
}
