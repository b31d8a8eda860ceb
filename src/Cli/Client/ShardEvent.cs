using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>What a shard gave: records, how far it is read, and at its end its children.</summary>
/// <param name="Records">In order; may be none.</param>
/// <param name="Continuation">Reading goes on AFTER this sequence number; null before the shard's first record.</param>
/// <param name="MillisBehindLatest">0 when caught up.</param>
/// <param name="Children">Not empty in the last event of a closed shard, and only there.</param>
internal sealed record ShardEvent(
    IReadOnlyList<Record> Records, string? Continuation, long MillisBehindLatest, IReadOnlyList<ChildShard> Children);
