using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Retention;

namespace Broker.Silo.Streams;

/// <summary>What a stream grain keeps as Orleans grain state: its settings, and what its operation is to reach. Small; replaced as a whole.</summary>
/// <remarks>Stored as JSON (docs/layouts/rows.md): members are added with a default, never renamed.</remarks>
public sealed record StreamState
{
    /// <summary>AWS's retention for a new stream.</summary>
    public const int DefaultRetentionHours = 24;

    public int RetentionHours { get; set; } = DefaultRetentionHours;

    public long HorizonFloorUnixMilliseconds { get; set; }

    /// <summary>Most bytes of data and partition key in a record.</summary>
    public int MaxRecordBytes { get; set; } = 1024 * 1024;

    public ImmutableSortedDictionary<string, string> Tags { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What enhanced monitoring measures a shard at a time; null for nothing.</summary>
    public ImmutableArray<string>? ShardLevelMetrics { get; set; }

    /// <summary>MiB/s that the stream is kept ready for; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int WarmThroughputMiBps { get; set; }

    /// <summary>What decides the shard of a record; null is by partition key.</summary>
    public RecordDistributionStrategy? RecordDistribution { get; set; }

    /// <summary>The stream's resource policy, IAM's JSON; null for none. Consumers' are in their rows.</summary>
    public string? ResourcePolicy { get; set; }

    /// <summary>The resharding that is under way; null for none.</summary>
    public ReshardOperation? Operation { get; set; }

    /// <summary>When UpdateShardCount was called in the last 24 hours; milliseconds since 1970.</summary>
    public ImmutableArray<long> Scalings { get; set; } = [];

    /// <summary>Data keys, and which of them new records are encrypted under; null where there are none.</summary>
    public StreamEncryptionState? Encryption { get; set; }

    /// <summary>Rises with every write.</summary>
    public long Revision { get; set; }

    [JsonIgnore]
    public RetentionHorizon Horizon => new(RetentionHours, HorizonFloorUnixMilliseconds);
}
