using Broker.Silo.Storage.Embedded.Shards;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>An append from its admission to its outcome.</summary>
internal sealed class PendingAppend : TaskCompletionSource<AppendOutcome>
{
    public PendingAppend(ShardState shard, ShardAppend append)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Shard = shard;
        Append = append;
        foreach (var block in append.Blocks)
        {
            EncodedBytes += block.EncodedLength;
        }
    }

    public ShardState Shard { get; }

    public ShardAppend Append { get; }

    public int EncodedBytes { get; }

    /// <summary>Where its first block stands in the frame.</summary>
    public int FrameOffset { get; set; }
}
