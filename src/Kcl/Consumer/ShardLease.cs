namespace Broker.Kcl.Consumer;

/// <summary>A shard that was given to this worker.</summary>
/// <param name="ApplicationName">The application.</param>
/// <param name="WorkerId">This worker.</param>
/// <param name="StreamName">The shard's stream.</param>
/// <param name="ShardId">The shard.</param>
/// <param name="LeaseCounter">
/// Higher than that of everyone who had the shard before: what a worker writes elsewhere can be fenced by it. It stays as it is for a
/// processor that outlives a lost connection.
/// </param>
/// <param name="Checkpoint">From where on the shard is processed.</param>
/// <param name="PendingCheckpoint">What whoever had it before was about to checkpoint; null for nothing.</param>
/// <param name="ParentShards">The shards that it came from: they are processed to their ends.</param>
public sealed record ShardLease(
    string ApplicationName,
    string WorkerId,
    string StreamName,
    string ShardId,
    long LeaseCounter,
    ShardCheckpoint Checkpoint,
    ShardCheckpoint? PendingCheckpoint,
    IReadOnlyList<string> ParentShards);
