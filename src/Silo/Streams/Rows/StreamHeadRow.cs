using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Rows;

/// <summary>
/// The head of a stream's rows: what lists and quotas are answered from, and what says that an operation is unfinished. Every change of
/// the lineage and the consumers writes it too, at the version last seen, so that a superseded activation can change neither.
/// </summary>
public sealed record StreamHeadRow
{
    public required string Name { get; set; }

    /// <summary>Anything but Active: an operation is to be gone on with after a restart.</summary>
    public StreamStatus Status { get; set; }

    public StreamMode Mode { get; set; }

    public long CreatedUnixMilliseconds { get; set; }

    public int OpenShards { get; set; }

    /// <summary>The most open shards that its operation ends with; <see cref="OpenShards"/> where there is none. Quotas count it.</summary>
    public int ReservedShards { get; set; }

    /// <summary>The operation is the broker's own: clients see the stream ACTIVE meanwhile.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsAutomatic { get; set; }

    /// <summary>The state that clients are told.</summary>
    [JsonIgnore]
    public StreamStatus PublicStatus => Status == StreamStatus.Updating && IsAutomatic ? StreamStatus.Active : Status;

    /// <summary>What the stream is made from; null once it is made.</summary>
    public StreamCreation? Creation { get; set; }
}

/// <summary>A creation as it is stored.</summary>
public sealed record StreamCreation
{
    public int ShardCount { get; set; }

    public int MaxRecordBytes { get; set; }

    public ImmutableSortedDictionary<string, string> Tags { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int WarmThroughputMiBps { get; set; }

    /// <summary>Null is by partition key.</summary>
    public RecordDistributionStrategy? RecordDistribution { get; set; }

    public static StreamCreation Of(CreateStreamCommand command) => new()
    {
        ShardCount = command.ShardCount,
        MaxRecordBytes = command.MaxRecordBytes,
        Tags = command.Tags,
        WarmThroughputMiBps = command.WarmThroughputMiBps,
        RecordDistribution = command.RecordDistribution == RecordDistributionStrategy.UserPartitionKey ? null : command.RecordDistribution,
    };
}
