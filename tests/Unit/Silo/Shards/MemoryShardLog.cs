using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>A shard log in memory that keeps the contract and fails on demand. Single-threaded.</summary>
internal sealed class MemoryShardLog : IShardLog
{
    private readonly Dictionary<ShardKey, List<RecordBlock>> shards = [];
    private readonly Dictionary<ShardKey, long> epochs = [];
    private readonly Dictionary<ShardKey, long> lost = [];
    private readonly Dictionary<ShardKey, long> skipped = [];
    private readonly Queue<TaskCompletionSource> held = [];

    /// <summary>What the next appends come to; Committed where the queue is empty.</summary>
    public Queue<AppendStatus> NextOutcomes { get; } = [];

    /// <summary>Whether an append that comes to Uncertain lands all the same.</summary>
    public bool UncertainLands { get; set; }

    /// <summary>Appends wait until <see cref="ReleaseOne"/>.</summary>
    public bool Hold { get; set; }

    /// <summary>The shard whose blocks cannot be read.</summary>
    public ShardKey? Damaged { get; set; }

    public int Reads { get; private set; }

    /// <summary>It can go back behind those who know it, and notes what it is told of that.</summary>
    public bool NotesLosses { get; set; }

    public List<ShardLoss> Losses { get; } = [];

    public List<RecordBlock> BlocksOf(ShardKey shard) => shards.TryGetValue(shard, out var blocks) ? blocks : shards[shard] = [];

    public void ReleaseOne() => held.Dequeue().SetResult();

    public ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        epochs[shard] = epochs.GetValueOrDefault(shard) + 1;
        return PeekAsync(shard, cancellationToken);
    }

    public ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        var epoch = epochs.GetValueOrDefault(shard);
        var blocks = BlocksOf(shard);
        var last = blocks.Count == 0 ? default : blocks[^1].Head;
        var state = blocks.FindLast(block => block.Head.IsControl)?.Head.Ordinal ?? -1;
        var position = blocks.Count == 0 ? 0 : last.EndPosition;
        return ValueTask.FromResult(new ShardHead(
            epoch,
            blocks.Count,
            Math.Max(position, skipped.GetValueOrDefault(shard)),
            last.ArrivalUnixMilliseconds,
            state,
            (last.Flags & BlockFlags.Seal) != 0,
            lost.TryGetValue(shard, out var end) ? end : null));
    }

    public async ValueTask<AppendOutcome> AppendAsync(ShardAppend append)
    {
        if (Hold)
        {
            var gate = new TaskCompletionSource();
            held.Enqueue(gate);
            await gate.Task;
        }

        var blocks = BlocksOf(append.Shard);
        if (append.Epoch != epochs.GetValueOrDefault(append.Shard) || append.ExpectedOrdinal != blocks.Count)
        {
            return new AppendOutcome(AppendStatus.Fenced, "stale");
        }

        var status = NextOutcomes.TryDequeue(out var next) ? next : AppendStatus.Committed;
        if (status == AppendStatus.Committed || (status == AppendStatus.Uncertain && UncertainLands))
        {
            blocks.AddRange(append.Blocks);
        }

        return new AppendOutcome(status);
    }

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken)
    {
        Reads++;
        return Take(BlocksOf(shard).Where(block => !block.Head.IsControl && block.Head.EndPosition > fromPosition), maxBytes);
    }

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        shard == Damaged ? throw new StorageException(StorageFault.Corrupt, "Damaged for a test.") : Take(BlocksOf(shard).Where(block => block.Head.Ordinal >= fromOrdinal), maxBytes);

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) => ValueTask.FromResult(
        BlocksOf(shard).Find(block => !block.Head.IsControl && block.Head.ArrivalUnixMilliseconds >= arrivalUnixMilliseconds)?.Head.FirstPosition);

    public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(epochs.GetValueOrDefault(shard) == epoch);

    public ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken)
    {
        if (!NotesLosses || loss.Epoch != epochs.GetValueOrDefault(shard))
        {
            return ValueTask.FromResult(false);
        }

        Losses.Add(loss);
        lost[shard] = loss.Known.Position;
        return ValueTask.FromResult(true);
    }

    /// <summary>Goes back to an earlier state, as a database does that is restored.</summary>
    public void GoBack(ShardKey shard, int blocks, long epoch)
    {
        BlocksOf(shard).RemoveRange(blocks, BlocksOf(shard).Count - blocks);
        epochs[shard] = epoch;
    }

    /// <summary>Goes on as an operator's word has it: past everything that was told.</summary>
    public void Accept(ShardKey shard)
    {
        lost.Remove(shard, out var end);
        epochs[shard] += 1L << 32;
        skipped[shard] = end + ShardLoss.Distance;
    }

    public ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken) =>
        ValueTask.FromResult(default(ExpiryReport));

    private static ValueTask<IReadOnlyList<RecordBlock>> Take(IEnumerable<RecordBlock> blocks, int maxBytes)
    {
        var taken = new List<RecordBlock>();
        var bytes = 0;
        foreach (var block in blocks)
        {
            taken.Add(block);
            bytes += block.EncodedLength;
            if (bytes >= maxBytes)
            {
                break;
            }
        }

        return ValueTask.FromResult<IReadOnlyList<RecordBlock>>(taken);
    }
}
