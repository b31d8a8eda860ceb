using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>A stream without its shards: what DescribeStreamSummary tells, and what gateways hold settings by.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Generation">Its key.</param>
/// <param name="Status">Its state.</param>
/// <param name="Mode">Its capacity mode.</param>
/// <param name="RetentionHours">How long records are kept; hours.</param>
/// <param name="HorizonFloorUnixMilliseconds">Records that arrived before this stay expired however long retention becomes: raising it resurrects nothing.</param>
/// <param name="MaxRecordBytes">Most bytes of data and partition key in a record: 1 to 10 MiB.</param>
/// <param name="CreatedUnixMilliseconds">When it was created.</param>
/// <param name="OpenShardCount">Open shards.</param>
/// <param name="ConsumerCount">Registered consumers.</param>
/// <param name="Version">Rises with every change of settings or lineage.</param>
[GenerateSerializer, Immutable]
[Alias("broker.StreamDescription")]
public sealed partial record StreamDescription(
    [property: Id(0)] string Name,
    [property: Id(1)] StreamGeneration Generation,
    [property: Id(2)] StreamStatus Status,
    [property: Id(3)] StreamMode Mode,
    [property: Id(4)] int RetentionHours,
    [property: Id(5)] long HorizonFloorUnixMilliseconds,
    [property: Id(6)] int MaxRecordBytes,
    [property: Id(7)] long CreatedUnixMilliseconds,
    [property: Id(8)] int OpenShardCount,
    [property: Id(9)] int ConsumerCount,
    [property: Id(10)] long Version)
{
    /// <summary>What enhanced monitoring measures a shard at a time, in AWS's order (<see cref="Streams.ShardLevelMetrics"/>); empty for nothing.</summary>
    [Id(20)]
    public ImmutableArray<string> ShardLevelMetrics { get; init; } = [];

    /// <summary>The write throughput that an ON_DEMAND stream is kept ready for, MiB/s; 0 where nothing was asked for.</summary>
    [Id(21)]
    public int WarmThroughputMiBps { get; init; }

    /// <summary>Resource policies, IAM's JSON: the stream's under "", a consumer's under its name.</summary>
    [Id(22)]
    public ImmutableSortedDictionary<string, string> ResourcePolicies { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What decides the shard of a record.</summary>
    [Id(23)]
    public RecordDistributionStrategy RecordDistribution { get; init; } = RecordDistributionStrategy.UserPartitionKey;

    /// <summary>The warm throughput as AWS tells it.</summary>
    public WarmThroughput WarmThroughput => new(WarmThroughputMiBps, Math.Min(WarmThroughputMiBps, OpenShardCount));
}
