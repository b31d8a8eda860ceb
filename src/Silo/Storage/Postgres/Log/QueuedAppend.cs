namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>An append from its admission to its outcome.</summary>
internal sealed class QueuedAppend(LogShard shard, ShardAppend append)
    : TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public LogShard Shard { get; } = shard;

    public ShardAppend Append { get; } = append;

    public long EncodedBytes { get; } = append.Blocks.Sum(block => (long)block.EncodedLength);
}
