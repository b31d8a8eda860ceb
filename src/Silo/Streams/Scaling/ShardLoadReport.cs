using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;

namespace Broker.Silo.Streams.Scaling;

/// <summary>What a busy shard tells its stream about once a second.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="BytesPerSecond">Encoded bytes that became durable.</param>
/// <param name="RecordsPerSecond">Records that became durable.</param>
/// <param name="QueuedBytes">Bytes that waited in gateways behind their calls, on average.</param>
/// <param name="Samples">Records drawn from the newest load, in no order; none where the shard is not hot.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ShardLoadReport")]
public sealed record ShardLoadReport(
    [property: Id(0)] ShardId Shard,
    [property: Id(1)] long BytesPerSecond,
    [property: Id(2)] long RecordsPerSecond,
    [property: Id(3)] long QueuedBytes,
    [property: Id(4)] ImmutableArray<LoadSample> Samples)
{
    /// <summary>Above a set rate, or above a queue that the shard's own load causes.</summary>
    public bool IsHot(OnDemandOptions options) =>
        BytesPerSecond >= options.HotBytesPerSecond
        || RecordsPerSecond >= options.HotRecordsPerSecond
        || (QueuedBytes >= options.HotQueueBytes
            && (BytesPerSecond >= options.HotBytesPerSecond / 4 || RecordsPerSecond >= options.HotRecordsPerSecond / 4));

    /// <summary>More than its part of what two cold neighbours may take together.</summary>
    public bool IsBusy(OnDemandOptions options) =>
        BytesPerSecond > options.ColdBytesPerSecond / 2 || RecordsPerSecond > options.ColdRecordsPerSecond / 2 || IsHot(options);
}
