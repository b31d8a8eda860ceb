using System.Collections.Concurrent;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>The record log of a cluster in PostgreSQL, in one database or several that all silos share (docs/layouts/postgres.md).</summary>
/// <remarks>
/// <para>
/// Opened once by the host, before any shard, and disposed after the last. Each shard is in one database, to which a row in the first one
/// pins it at its first opening, and where it stays when databases are added. The first database must be there; another one that is
/// not reached keeps its own shards from being served and no others, and takes no new ones.
/// </para>
/// <para>
/// In its database a head row admits one writer a shard: a commit moves it only from the epoch and place that the writer names, in the
/// transaction that stores the blocks. A commit that lost its connection is never sent again. Its shards answer
/// <see cref="AppendStatus.Uncertain"/> until they are opened, which waits for what is left of it in the server and reads the head
/// afterwards.
/// </para>
/// </remarks>
public sealed class PostgresLog : IShardLog, IAsyncDisposable
{
    private readonly DatabaseLog first;
    private readonly Pins pins;
    private readonly ConcurrentDictionary<Guid, DatabaseLog> logs = new();
    private readonly List<LogDatabase> others = [];

    private PostgresLog(DatabaseLog first, Pins pins)
    {
        this.first = first;
        this.pins = pins;
        logs[first.Id] = first;
    }

    /// <summary>Sees that the databases are what this release needs, and opens the log in them.</summary>
    /// <param name="database">The first, made by <see cref="PostgresOptions.CreateDataSource"/>; stays its owner's to dispose, after the log.</param>
    /// <param name="options">Those of the databases, and which there are beside the first.</param>
    /// <param name="time">Of waits and of the segments that are made ahead.</param>
    /// <param name="logger">Told of commits that failed, of connections that were ended, and of databases that are not reached.</param>
    /// <param name="cancellationToken">Ends the wait for the databases.</param>
    /// <param name="metrics">Told of commits.</param>
    /// <exception cref="StorageException">The first is not reached, or one of them is not durable, not migrated, or of a newer release.</exception>
    public static async ValueTask<PostgresLog> OpenAsync(
        NpgsqlDataSource database, PostgresOptions options, TimeProvider time, ILogger<PostgresLog> logger, CancellationToken cancellationToken, CommitMetrics? metrics = null)
    {
        var first = await DatabaseLog.OpenAsync(database, options, time, logger, metrics, cancellationToken);
        var log = new PostgresLog(first, new Pins(database, options, time));
        try
        {
            log.others.AddRange(options.ConnectionStrings.Skip(1).Select(
                connectionString => new LogDatabase(options.CreateDataSource(connectionString: connectionString), options, time, log.Add, logger, metrics)));
            await Task.WhenAll(log.others.Select(other => other.OpenAsync(cancellationToken).AsTask()));
            return log;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        var pin = await pins.FindAsync(shard, cancellationToken) ?? await pins.MakeAsync(shard, Choose(shard), cancellationToken);
        return pin is { } id ? await LogOf(shard, id).OpenAsync(shard, cancellationToken) : DatabaseLog.NoHead;
    }

    public async ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).PeekAsync(shard, cancellationToken);

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) =>
        pins.TryFind(append.Shard, out var pin) && logs.TryGetValue(pin, out var log) ? log.AppendAsync(append)
        : new(LogShard.Fenced($"shard {append.Shard} is not open: its stream was deleted, or nobody opened it."));

    public async ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).ReadAsync(shard, fromPosition, maxBytes, cancellationToken);

    public async ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).ReadBlocksAsync(shard, fromOrdinal, maxBytes, cancellationToken);

    public async ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

    public async ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).IsCurrentAsync(shard, epoch, cancellationToken);

    public async ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken) =>
        await (await FindLogAsync(shard, cancellationToken)).NoteLossAsync(shard, loss, cancellationToken);

    public async ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        // From here on nothing of it is pinned anew; so the pins tell all databases that have something of it.
        await first.DeleteStreamAsync(stream, cancellationToken);
        foreach (var pin in await pins.OfStreamAsync(stream, cancellationToken))
        {
            await LogOf(stream, pin).DeleteStreamAsync(stream, cancellationToken);
        }

        await pins.DeleteAsync(stream, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>A database that fails does not keep the others from their work; its failure is thrown in the end.</remarks>
    public async ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        var report = default(ExpiryReport);
        StorageException? failure = null;
        foreach (var log in logs.Values)
        {
            try
            {
                var part = await log.ExpireAsync(horizons, cancellationToken);
                report = report with { FilesDropped = report.FilesDropped + part.FilesDropped, BytesFreed = report.BytesFreed + part.BytesFreed };
            }
            catch (StorageException exception)
            {
                failure ??= exception;
            }
        }

        return failure is null ? report : throw new StorageException(failure.Fault, failure.Message, failure);
    }

    /// <summary>Commits what is queued; what comes later is answered <see cref="AppendStatus.Uncertain"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()).Append(first.DisposeAsync().AsTask()));
    }

    private void Add(DatabaseLog log)
    {
        if (!logs.TryAdd(log.Id, log))
        {
            throw new StorageException(
                StorageFault.Locked,
                $"Database {log.Name} is named twice, or is a copy of {logs[log.Id].Name}: Broker:Postgres:LogDatabases takes each database once.");
        }
    }

    /// <summary>Of the databases that are reached; the shards of a stream take turns.</summary>
    private Guid Choose(ShardKey shard)
    {
        var ids = logs.Keys.Order().ToArray();
        return ids[(((ulong)shard.Stream.Value * 0x9E37_79B9_7F4A_7C15 >> 32) + (uint)shard.Shard.Index) % (ulong)ids.Length];
    }

    /// <summary>Where a shard is; one that is pinned nowhere is new, or was opened in the first database before there were pins.</summary>
    private async ValueTask<DatabaseLog> FindLogAsync(ShardKey shard, CancellationToken cancellationToken) =>
        await pins.FindAsync(shard, cancellationToken) is { } pin ? LogOf(shard, pin) : first;

    private DatabaseLog LogOf<T>(T what, Guid pin) => logs.TryGetValue(pin, out var log) ? log : throw new StorageException(
        StorageFault.Device,
        $"{what} is in log database {pin}, which is not reached, or not named by Broker:Postgres:LogDatabases.");
}
