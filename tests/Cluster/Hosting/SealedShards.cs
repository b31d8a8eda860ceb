using System.Collections.Concurrent;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;

namespace Broker.Tests.Cluster.Hosting;

/// <summary>What the shards and the log of a test's silos know; it outlives the silos, as a disk would.</summary>
public sealed class SealedShards : IShardLog
{
    private readonly ConcurrentDictionary<ShardKey, (long Position, long Stamp)> _sealed = new();

    private int _failingSeals;

    public ConcurrentDictionary<StreamGeneration, int> Deleted { get; } = new();

    public ConcurrentDictionary<StreamGeneration, long> Horizons { get; } = new();

    /// <summary>Seals that fail before one succeeds.</summary>
    public int FailingSeals { get => _failingSeals; set => _failingSeals = value; }

    public bool FailSeal() => Interlocked.Decrement(ref _failingSeals) >= 0;

    /// <summary>Added to the stamps of seals: a clock that went wrong.</summary>
    public long StampOffsetMilliseconds { get; set; }

    public (long Position, long Stamp) Seal(ShardKey shard, long nowMilliseconds) =>
        _sealed.GetOrAdd(shard, (shard.Shard.Index * 10L, nowMilliseconds + StampOffsetMilliseconds));

    public bool IsSealed(ShardKey shard) => _sealed.ContainsKey(shard);

    public ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        Deleted.AddOrUpdate(stream, 1, (_, count) => count + 1);
        return ValueTask.CompletedTask;
    }

    public ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        foreach (var (stream, horizon) in horizons)
        {
            Horizons[stream] = horizon;
        }

        return ValueTask.FromResult(default(ExpiryReport));
    }

    public ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) => throw new NotSupportedException();
}

internal static class SealedShardsExtensions
{
    public static bool Sealed(this IServiceProvider services, ShardKey shard) =>
        ((SealedShards)services.GetService(typeof(SealedShards))!).IsSealed(shard);
}
