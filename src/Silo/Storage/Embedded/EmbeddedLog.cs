using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;
using Broker.Silo.Storage.Embedded.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded;

/// <summary>The record log of one process in one directory: journal files that all shards share, with an index each.</summary>
/// <remarks>
/// <para>
/// Opened once by the host, before any shard, and disposed after the last. Disposal commits what is queued; appends that come later
/// are answered <see cref="AppendStatus.Uncertain"/>. Continuations of an append run on its caller's scheduler.
/// </para>
/// <para>
/// A failed write is never retried: its frame and all that is queued behind it become <see cref="AppendStatus.Uncertain"/>, the file
/// is abandoned, and no shard opens before the end of that file is on disk. A full disk is met only where a file is allocated:
/// appends are answered <see cref="AppendStatus.DiskFull"/>, reads go on, and appends succeed again once there is room.
/// </para>
/// <para>docs/layouts/journal.md and docs/layouts/index.md hold the bytes.</para>
/// </remarks>
public sealed class EmbeddedLog : IShardLog, IAsyncDisposable
{
    private readonly IDevice device;
    private readonly LogMeta meta;
    private readonly Journal journal;
    private readonly ShardTable shards;
    private readonly Committer committer;
    private readonly LogCursor cursor;
    private readonly BlockReader reader;
    private readonly LogExpiry expiry;
    private readonly SemaphoreSlim maintenance = new(1);
    private bool disposed;

    private EmbeddedLog(IDevice device, EmbeddedLogOptions options, TimeProvider time, ILogger logger, LogRecovery.Recovered recovered, CommitMetrics? metrics)
    {
        this.device = device;
        (meta, journal, shards, _) = recovered;
        reader = new BlockReader(logger);
        cursor = new LogCursor(journal, shards, new EntryCache(device, options.IndexCacheBytes), reader);
        expiry = new LogExpiry(device, journal, shards, meta, cursor, new FileRewriter(device, journal, cursor, reader), options, logger);
        committer = new Committer(journal, shards, options, time, metrics);
        committer.Start(recovered.HasUnconfirmed);
    }

    /// <summary>Blocks found damaged by reads since start.</summary>
    public long DamagedBlocks => reader.DamagedBlocks;

    /// <summary>The highest generation of which the log holds something, or held and deleted it; 0 for none.</summary>
    public StreamGeneration NewestStream
    {
        get
        {
            lock (shards.Gate)
            {
                return new(shards.All.Select(shard => shard.Key.Stream.Value).Concat(shards.Deleted.Select(stream => stream.Value)).DefaultIfEmpty().Max());
            }
        }
    }

    /// <summary>Opens the log in its directory, which is created where it is missing. Reads indexes, not data.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message lists how.</exception>
    /// <exception cref="StorageException">The directory is in use, of a newer release, damaged where it cannot be isolated, or its device fails.</exception>
    public static ValueTask<EmbeddedLog> OpenAsync(
        EmbeddedLogOptions options, TimeProvider time, ILogger<EmbeddedLog> logger, CancellationToken cancellationToken, CommitMetrics? metrics = null) =>
        options.Faults() is { Count: > 0 } faults
            ? throw new ArgumentException(string.Join(' ', faults), nameof(options))
            : OpenAsync(new FileDevice(options.DataDirectory, options.IoMode), options, time, logger, cancellationToken, metrics);

    /// <summary>Opens the log on a device, which it owns from here on.</summary>
    internal static async ValueTask<EmbeddedLog> OpenAsync(
        IDevice device, EmbeddedLogOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken, CommitMetrics? metrics = null)
    {
        try
        {
            await device.LockAsync();
            var recovered = await new LogRecovery(device, options, time, logger).RunAsync(cancellationToken);
            var log = new EmbeddedLog(device, options, time, logger, recovered, metrics);
            _ = log.journal.PersistIndexesAsync();
            return log;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        long epoch;
        lock (shards.Gate)
        {
            epoch = shards.NextEpoch();
            if (shards.IsDeleted(shard.Stream))
            {
                return new ShardState(shard).Head(epoch);
            }

            shards.GetOrAdd(shard).Epoch = epoch;
        }

        while (true)
        {
            await committer.EnsureCutAsync().AsTask().WaitAsync(cancellationToken);
            Task drained;
            lock (shards.Gate)
            {
                if (shards.Find(shard) is not { } state)
                {
                    return new ShardState(shard).Head(epoch);
                }

                if (state.PendingCount == 0 && !journal.IsCutPending)
                {
                    state.IsUncertain &= state.Epoch != epoch;
                    return state.Head(epoch);
                }

                drained = state.PendingCount == 0
                    ? Task.CompletedTask
                    : (state.Drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await drained.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        lock (shards.Gate)
        {
            var state = shards.Find(shard) ?? new ShardState(shard);
            return new(state.Head(state.Epoch));
        }
    }

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) => committer.AppendAsync(append);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        cursor.ReadAsync(shard, ReadStart.Position(fromPosition), maxBytes, withControl: false, cancellationToken);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        cursor.ReadAsync(shard, ReadStart.Ordinal(fromOrdinal), maxBytes, withControl: true, cancellationToken);

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        cursor.FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

    /// <summary>Notes nothing: whoever knows its shards has it open, and a data directory is not exchanged under an open log.</summary>
    public ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken)
    {
        lock (shards.Gate)
        {
            return new(shards.Find(shard)?.Epoch == epoch);
        }
    }

    public async ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        await maintenance.WaitAsync(cancellationToken);
        try
        {
            List<Task> draining = [];
            lock (shards.Gate)
            {
                foreach (var shard in shards.Delete(stream).Where(shard => shard.PendingCount > 0))
                {
                    shard.Drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    draining.Add(shard.Drained.Task);
                }
            }

            if (!meta.Deleted.Contains(stream))
            {
                await meta.WriteAsync([.. meta.Deleted, stream]);
            }

            foreach (var drained in draining)
            {
                await drained;
            }
        }
        finally
        {
            maintenance.Release();
        }
    }

    public async ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        await maintenance.WaitAsync(cancellationToken);
        try
        {
            return await expiry.RunAsync(horizons, cancellationToken);
        }
        finally
        {
            maintenance.Release();
        }
    }

    /// <summary>Commits what is queued and leaves the directory to the next process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        await committer.DisposeAsync();
        await maintenance.WaitAsync();
        await journal.DisposeAsync();
        await meta.DisposeAsync();
        await device.DisposeAsync();
        maintenance.Dispose();
    }
}
