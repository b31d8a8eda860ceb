using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage;

namespace Broker.Tests.Unit.Silo.Storage;

/// <summary>Writes blocks to the shards of a log, as their owner does.</summary>
internal sealed class LogWriter(IShardLog log)
{
    private readonly Dictionary<ShardKey, ShardHead> heads = [];

    /// <summary>Appends one block, opening the shard first where that was not done.</summary>
    public async Task<AppendOutcome> AppendAsync(ShardKey shard, int payloadBytes = 100, long arrival = 1, BlockFlags flags = BlockFlags.None)
    {
        if (!heads.TryGetValue(shard, out var head))
        {
            head = await log.OpenAsync(shard, default);
        }

        var block = MakeBlock(shard, head, payloadBytes, arrival, flags);
        var outcome = await log.AppendAsync(new ShardAppend(shard, head.Epoch, head.NextOrdinal, ImmutableArray.Create(block)));
        if (outcome.IsCommitted)
        {
            heads[shard] = After(head, block);
        }
        else if (outcome.Status != AppendStatus.DiskFull)
        {
            heads.Remove(shard);
        }

        return outcome;
    }

    public async Task<List<long>> OrdinalsAsync(ShardKey shard, long from = 0)
    {
        List<long> ordinals = [];
        while (true)
        {
            var blocks = await log.ReadBlocksAsync(shard, from, 100_000, default);
            if (blocks.Count == 0)
            {
                return ordinals;
            }

            ordinals.AddRange(blocks.Select(block => block.Head.Ordinal));
            from = ordinals[^1] + 1;
        }
    }

    /// <summary>A block for the place where a shard's log ends; two records where it is no control block.</summary>
    public static RecordBlock MakeBlock(ShardKey shard, ShardHead head, int payloadBytes = 100, long arrival = 1, BlockFlags flags = BlockFlags.None)
    {
        var payload = new byte[payloadBytes];
        payload.AsSpan().Fill((byte)head.NextOrdinal);
        return PayloadBuilder.MakeBlock(shard, payload, flags == BlockFlags.None ? 2 : 0, [], flags)
            .Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, Math.Max(arrival, head.LastArrivalUnixMilliseconds));
    }

    public static ShardHead After(ShardHead head, RecordBlock block) => head with
    {
        NextOrdinal = head.NextOrdinal + 1,
        NextPosition = block.Head.EndPosition,
        LastArrivalUnixMilliseconds = block.Head.ArrivalUnixMilliseconds,
    };
}
