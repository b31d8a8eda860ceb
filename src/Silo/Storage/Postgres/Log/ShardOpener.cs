using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Takes shards over: raises a head's epoch, which waits for the commit that holds the head, and so settles what became of it.</summary>
/// <remarks>
/// <para>
/// A dead silo means thousands of openings: those that come at the same time are one statement, which leaves out the heads that somebody
/// holds. Their openings wait alone, a few at a time; whenever one is through, what it waited for may be gone, and the others try again.
/// </para>
/// <para>
/// The process that holds a head may be frozen in the middle of a commit; no timeout of a statement ends that, as the server waits for its
/// client. So what still blocks after <see cref="PostgresOptions.LockTimeout"/> has its connection ended: its commit is taken back, or
/// had landed, and the head that is read afterwards tells which.
/// </para>
/// </remarks>
internal sealed partial class ShardOpener : IDisposable
{
    /// <summary>Most shards that one statement opens: it holds all their heads.</summary>
    private const int MaxShards = 512;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly NpgsqlDataSource database;
    private readonly PostgresOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Coalescer<ShardKey, (LogShard? Opened, bool IsHeld)> batches;
    private readonly SemaphoreSlim alone;
    private TaskCompletionSource let = NewLet();

    public ShardOpener(NpgsqlDataSource database, PostgresOptions options, TimeProvider time, ILogger logger)
    {
        this.database = database;
        this.options = options;
        this.time = time;
        this.logger = logger;
        batches = new(OpenManyAsync, MaxShards, options.StatementTimeout, time);

        // Each has two connections.
        alone = new SemaphoreSlim(Math.Clamp(options.MaxConnections / 8, 1, 4));
    }

    /// <returns>The shard from its new epoch on; null where its stream was deleted.</returns>
    /// <exception cref="StorageException">The database is not reached, or does not let go of the head.</exception>
    public async ValueTask<LogShard?> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var (opened, isHeld) = await batches.AskAsync(shard, cancellationToken);
            if (!isHeld)
            {
                return opened;
            }

            var through = Volatile.Read(ref let).Task;
            if (await alone.WaitAsync(TimeSpan.Zero, cancellationToken))
            {
                return await OpenAloneAsync(shard, cancellationToken);
            }

            var left = options.StatementTimeout - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero || await Task.WhenAny(through, Task.Delay(left, time, cancellationToken)) != through)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new StorageException(StorageFault.Device, $"The head of shard {shard} was held for more than {options.StatementTimeout}.");
            }
        }
    }

    public void Dispose() => alone.Dispose();

    /// <summary>Opens those whose heads nobody holds; a shard that is asked for twice gets two epochs.</summary>
    private async Task<IReadOnlyList<(LogShard? Opened, bool IsHeld)>> OpenManyAsync(IReadOnlyList<ShardKey> asked)
    {
        Dictionary<ShardKey, int> times = new(asked.Count);
        foreach (var shard in asked)
        {
            times[shard] = times.GetValueOrDefault(shard) + 1;
        }

        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync();
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"SELECT {LogShard.Columns}, generation, shard FROM broker_open_many($1, $2, $3)")
            {
                Parameters =
                {
                    new NpgsqlParameter<long[]> { TypedValue = [.. times.Keys.Select(shard => shard.Stream.Value)] },
                    new NpgsqlParameter<int[]> { TypedValue = [.. times.Keys.Select(shard => shard.Shard.Index)] },
                    new NpgsqlParameter<int[]> { TypedValue = [.. times.Values] },
                },
            });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT generation FROM broker_deleted_streams WHERE generation = ANY ($1)")
            {
                Parameters = { new NpgsqlParameter<long[]> { TypedValue = [.. times.Keys.Select(shard => shard.Stream.Value).Distinct()] } },
            });
            Dictionary<ShardKey, LogShard> opened = new(times.Count);
            HashSet<long> deleted = [];
            await using (var reader = await batch.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    var key = new ShardKey(new StreamGeneration(reader.GetInt64(7)), new ShardId(reader.GetInt32(8)));
                    opened.Add(key, LogShard.Read(key, reader));
                }

                // Read to the end of the transaction: only then are the epochs raised for everyone.
                await reader.NextResultAsync();
                while (await reader.ReadAsync())
                {
                    deleted.Add(reader.GetInt64(0));
                }

                await reader.NextResultAsync();
            }

            var answers = new (LogShard? Opened, bool IsHeld)[asked.Count];
            for (var i = 0; i < answers.Length; i++)
            {
                var shard = asked[i];
                answers[i] = opened.TryGetValue(shard, out var last)
                    ? (new LogShard(shard, last.Epoch - --times[shard], last.Durable) { LostEnd = last.LostEnd }, false)
                    : (null, !deleted.Contains(shard.Stream.Value));
            }

            return answers;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody is making the same heads.
            return [.. asked.Select(_ => ((LogShard?)null, true))];
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    private async ValueTask<LogShard?> OpenAloneAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);

            // Of a connection that turns out to have ended it cannot be asked any more.
            var waiter = connection.ProcessID;

            // Not cancelled once it is sent, and harmless where its answer is lost: the next opening raises the epoch again.
            var opening = RaiseAsync(connection, shard);
            using var done = new CancellationTokenSource();
            var clearing = ClearWayAsync(waiter, shard, done.Token);
            try
            {
                return await opening;
            }
            finally
            {
                await done.CancelAsync();
                await clearing;
            }
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
        finally
        {
            alone.Release();
            Interlocked.Exchange(ref let, NewLet()).SetResult();
        }
    }

    private static async Task<LogShard?> RaiseAsync(NpgsqlConnection connection, ShardKey shard)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {LogShard.Columns} FROM broker_open($1, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = shard.Stream.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard.Shard.Index });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }

        var opened = LogShard.Read(shard, reader);

        // Read to the end of the transaction: only then is the epoch raised for everyone.
        await reader.NextResultAsync(CancellationToken.None);
        return opened;
    }

    /// <summary>Ends whoever still blocks the opening when it has waited long enough.</summary>
    private async Task ClearWayAsync(int waiter, ShardKey shard, CancellationToken done)
    {
        try
        {
            await Task.Delay(options.LockTimeout, time, done);
            while (true)
            {
                await using (var connection = await database.OpenConnectionAsync(done))
                {
                    // Who waits for a lock is not at fault: the one that it waits for is ended. Nor is who waits for a synchronous
                    // standby: its commit, ended, would be seen here and be missing there.
                    await using var end = new NpgsqlCommand(
                        """
                        WITH RECURSIVE blocking (pid) AS (
                            SELECT unnest(pg_blocking_pids($1))
                            UNION SELECT b FROM blocking, unnest(pg_blocking_pids(blocking.pid)) b)
                        SELECT count(pg_terminate_backend(a.pid)) FROM blocking JOIN pg_stat_activity a USING (pid)
                        WHERE a.wait_event_type IS DISTINCT FROM 'Lock' AND a.wait_event IS DISTINCT FROM 'SyncRep' AND a.pid NOT IN ($1, pg_backend_pid())
                        """,
                        connection);
                    end.Parameters.Add(new NpgsqlParameter<int> { TypedValue = waiter });
                    if (await end.ExecuteScalarAsync(done) is long ended and > 0)
                    {
                        LogEnded(logger, shard, ended, options.LockTimeout);
                    }
                }

                await Task.Delay(LookEvery, time, done);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or NpgsqlException)
        {
            // The opening has its answer, or gets one from its own connection.
        }
    }

    private static TaskCompletionSource NewLet() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
