using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;

namespace Broker.Tests.Simulation.Shards;

/// <summary>The log with a planted fault in what it tells a shard that is opened.</summary>
internal sealed class ForgetfulLog(IShardLog log, ShardPlantedBug bug) : IShardLog
{
    public ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken) => log.OpenAsync(shard, cancellationToken);

    public async ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        var head = await log.PeekAsync(shard, cancellationToken);
        return bug == ShardPlantedBug.NotInherited ? head with { StateOrdinal = -1 } : head;
    }

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) => log.AppendAsync(append);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        log.ReadAsync(shard, fromPosition, maxBytes, cancellationToken);

    public async ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken)
    {
        var blocks = await log.ReadBlocksAsync(shard, fromOrdinal, maxBytes, cancellationToken);
        return bug == ShardPlantedBug.SnapshotForgotten ? [.. blocks.Select(Empty)] : blocks;
    }

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        log.FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

    public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
        log.IsCurrentAsync(shard, epoch, cancellationToken);

    public ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken) => log.NoteLossAsync(shard, loss, cancellationToken);

    public ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken) => log.DeleteStreamAsync(stream, cancellationToken);

    public ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken) =>
        log.ExpireAsync(horizons, cancellationToken);

    private static RecordBlock Empty(RecordBlock block)
    {
        if (!block.Head.Flags.HasFlag(BlockFlags.ProducerSnapshot))
        {
            return block;
        }

        var empty = new ProducerTable(new Ancestor(block.Head.Shard.Shard, HashKeyRange.All, 0), new ProducerLimits());
        return PayloadBuilder.MakeBlock(block.Head.Shard, ProducerSnapshot.Encode(empty), 0, [], block.Head.Flags)
            .Stamp(block.Head.Epoch, block.Head.Ordinal, block.Head.FirstPosition, block.Head.ArrivalUnixMilliseconds);
    }
}
