using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>What one group commit adds to one shard: its appends in their order, all or none. No other commit of the shard is under way.</summary>
internal sealed class CommitRun(LogShard shard)
{
    private readonly List<QueuedAppend> appends = [];

    public LogShard Shard { get; } = shard;

    public IReadOnlyList<QueuedAppend> Appends => appends;

    public BlockHead First => appends[0].Append.Blocks[0].Head;

    /// <summary>Where the shard ends when the commit is durable.</summary>
    public ShardEnd End { get; private set; } = shard.Durable;

    public long EncodedBytes { get; private set; }

    public void Add(QueuedAppend append)
    {
        appends.Add(append);
        EncodedBytes += append.EncodedBytes;
        foreach (var block in append.Append.Blocks)
        {
            End = End.After(block.Head);
        }
    }
}
