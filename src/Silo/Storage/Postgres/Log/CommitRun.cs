using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>What one group commit adds to one shard: its appends in their order, all or none.</summary>
internal sealed class CommitRun(LogShard shard)
{
    public LogShard Shard { get; } = shard;

    public List<QueuedAppend> Appends { get; } = [];

    public BlockHead First => Appends[0].Append.Blocks[0].Head;

    public ShardEnd End
    {
        get
        {
            var end = Shard.Durable;
            foreach (var append in Appends)
            {
                foreach (var block in append.Append.Blocks)
                {
                    end = end.After(block.Head);
                }
            }

            return end;
        }
    }
}
