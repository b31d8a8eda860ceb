using System.Collections.Concurrent;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;

namespace Broker.Tests.Cluster.Hosting;

/// <summary>Stands before the real log of a test's silos: notes what it is told to forget, and fails seals on demand.</summary>
public sealed class ObservedLog
{
    private int failingSeals;

    public ConcurrentDictionary<StreamGeneration, int> Deleted { get; } = new();

    public ConcurrentDictionary<StreamGeneration, long> Horizons { get; } = new();

    /// <summary>Seals that fail before one succeeds.</summary>
    public int FailingSeals { get => failingSeals; set => failingSeals = value; }

    /// <summary>The silos' clock, which can be set wrong.</summary>
    public OffsetTime Time { get; } = new();

    public IShardLog Around(IShardLog inner) => new Observer(this, inner);

    /// <summary>The system's time, off by as much as a test wants.</summary>
    public sealed class OffsetTime : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }

    private sealed class Observer(ObservedLog observed, IShardLog inner) : IShardLog
    {
        public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) =>
            (append.Blocks[^1].Head.Flags & BlockFlags.Seal) != 0 && Interlocked.Decrement(ref observed.failingSeals) >= 0
                ? ValueTask.FromResult(new AppendOutcome(AppendStatus.Uncertain, "The device is gone (injected)."))
                : inner.AppendAsync(append);

        public ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
        {
            observed.Deleted.AddOrUpdate(stream, 1, (_, count) => count + 1);
            return inner.DeleteStreamAsync(stream, cancellationToken);
        }

        public ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
        {
            foreach (var (stream, horizon) in horizons)
            {
                observed.Horizons[stream] = horizon;
            }

            return inner.ExpireAsync(horizons, cancellationToken);
        }

        public ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken) =>
            inner.NoteLossAsync(shard, loss, cancellationToken);

        public ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken) => inner.OpenAsync(shard, cancellationToken);

        public ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken) => inner.PeekAsync(shard, cancellationToken);

        public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
            inner.ReadAsync(shard, fromPosition, maxBytes, cancellationToken);

        public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
            inner.ReadBlocksAsync(shard, fromOrdinal, maxBytes, cancellationToken);

        public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
            inner.FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

        public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
            inner.IsCurrentAsync(shard, epoch, cancellationToken);
    }
}
