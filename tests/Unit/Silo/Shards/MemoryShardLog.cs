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
        return ValueTask.FromResult(new ShardHead(
            epoch, blocks.Count, blocks.Count == 0 ? 0 : last.EndPosition, last.ArrivalUnixMilliseconds, state, (last.Flags & BlockFlags.Seal) != 0));
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
