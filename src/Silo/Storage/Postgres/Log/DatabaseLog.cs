using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>The part of the log that is in one database: its heads, its segments, its committer.</summary>
internal sealed class DatabaseLog : IShardLog, IAsyncDisposable
{
    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;
    private readonly Segments segments;
    private readonly GroupCommitter committer;
    private readonly ShardOpener opener;
    private readonly HeadQuery heads;
    private readonly BlockQuery query;

    private DatabaseLog(Guid id, string name, NpgsqlDataSource database, PostgresOptions options, TimeProvider time, ILogger logger, CommitMetrics? metrics)
    {
        Id = id;
        Name = name;
        this.database = database;
        this.time = time;
        segments = new Segments(database);
        opener = new ShardOpener(database, options, time, logger);
        heads = new HeadQuery(database, options, time);
        query = new BlockQuery(database);
        committer = new GroupCommitter(database, segments, options, time, logger, metrics);
    }

    /// <summary>Where a shard of a deleted stream ends, and one that was never opened.</summary>
    public static ShardHead NoHead => HeadOf(0, ShardEnd.Empty);

    /// <summary>The database's own, whatever name it is reached by.</summary>
    public Guid Id { get; }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <inheritdoc cref="PostgresLog.OpenAsync(NpgsqlDataSource, PostgresOptions, TimeProvider, ILogger{PostgresLog}, CancellationToken, CommitMetrics)"/>
    public static async ValueTask<DatabaseLog> OpenAsync(
        NpgsqlDataSource database, PostgresOptions options, TimeProvider time, ILogger logger, CommitMetrics? metrics, CancellationToken cancellationToken)
    {
        await PostgresSchema.VerifyAsync(database, cancellationToken);
        var (id, name) = await IdentifyAsync(database, cancellationToken);
        var log = new DatabaseLog(id, name, database, options, time, logger, metrics);
        await log.PrepareAsync(new Dictionary<StreamGeneration, long>(), cancellationToken);
        log.committer.Start();
        return log;
    }

    public async ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        if (await opener.OpenAsync(shard, cancellationToken) is not { } opened)
        {
            // Of a stream that was deleted: it ends nowhere, and takes nothing.
            return NoHead;
        }

        var head = HeadOf(opened.Epoch, opened.Durable) with { LostEnd = opened.LostEnd };
        committer.Opened(opened);
        return head;
    }

    public async ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken) =>
        await heads.ReadAsync(shard, cancellationToken) ?? NoHead;

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) => committer.AppendAsync(append);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        query.ReadAsync(shard, fromPosition, maxBytes, cancellationToken);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        query.ReadBlocksAsync(shard, fromOrdinal, maxBytes, cancellationToken);

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        query.FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

    public async ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
        (await heads.ReadAsync(shard, cancellationToken))?.Epoch == epoch;

    public async ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken)
    {
        // A write, so that a standby that lags can neither deny nor claim a loss.
        NpgsqlParameter[] parameters =
        [
            new NpgsqlParameter<long> { TypedValue = shard.Stream.Value },
            new NpgsqlParameter<int> { TypedValue = shard.Shard.Index },
            new NpgsqlParameter<long> { TypedValue = loss.Epoch },
            new NpgsqlParameter<long> { TypedValue = loss.FoundPosition },
            new NpgsqlParameter<long> { TypedValue = loss.Known.Position },
            new NpgsqlParameter<long> { TypedValue = loss.Known.Epoch },
            new NpgsqlParameter<string> { TypedValue = loss.Witness },
            new NpgsqlParameter<string> { TypedValue = Environment.MachineName },
        ];
        return await RunAsync("SELECT broker_note_loss($1, $2, $3, $4, $5, $6, $7, $8)", parameters, cancellationToken) is true;
    }

    public async ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        await RunAsync("SELECT broker_delete_stream($1)", [new NpgsqlParameter<long> { TypedValue = stream.Value }], cancellationToken);
        committer.Deleted(shard => shard.Stream == stream);
    }

    public async ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        await PrepareAsync(horizons, cancellationToken);
        var report = default(ExpiryReport);
        foreach (var segment in await OldestAsync(horizons, cancellationToken))
        {
            NpgsqlParameter[] parameters =
            [
                new NpgsqlParameter<long> { TypedValue = segment },
                new NpgsqlParameter<long[]> { TypedValue = [.. horizons.Keys.Select(stream => stream.Value)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. horizons.Values] },
            ];
            if (await RunAsync("SELECT broker_drop_segment($1, $2, $3)", parameters, cancellationToken) is long freed)
            {
                segments.Forget();
                report = report with { FilesDropped = report.FilesDropped + 1, BytesFreed = report.BytesFreed + freed };
            }
        }

        return report;
    }

    /// <summary>Commits what is queued; what comes later is answered <see cref="AppendStatus.Uncertain"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await committer.DisposeAsync();
        opener.Dispose();
    }

    private static ShardHead HeadOf(long epoch, ShardEnd end) =>
        new(epoch, end.NextOrdinal, end.NextPosition, end.LastArrival, end.StateOrdinal, end.IsSealed);

    private async ValueTask PrepareAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        try
        {
            await segments.PrepareAsync(horizons, time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, null);
        }
    }

    private static async ValueTask<(Guid Id, string Name)> IdentifyAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT id FROM broker_database", connection);
            return ((Guid)(await command.ExecuteScalarAsync(cancellationToken))!, $"{connection.Database} at {connection.DataSource}");
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    /// <summary>Segments that may have expired, oldest first.</summary>
    private async ValueTask<long[]> OldestAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken) =>
        (long[])(await RunAsync(
            "SELECT coalesce(array_agg(id ORDER BY slice_end), '{}') FROM broker_segments s WHERE slice_end <= $1 OR EXISTS (SELECT FROM broker_deleted_streams d JOIN broker_extents e USING (generation) WHERE e.segment = s.id)",
            [new NpgsqlParameter<long> { TypedValue = horizons.Values.DefaultIfEmpty(long.MinValue).Max() }],
            cancellationToken))!;

    private async ValueTask<object?> RunAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            return await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection, mayHaveLanded: true);
        }
    }
}
