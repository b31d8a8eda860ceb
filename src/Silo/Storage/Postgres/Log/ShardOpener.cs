using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Shards;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Takes shards over: raises a head's epoch, which waits for the commit that holds the head, and so settles what became of it.</summary>
/// <remarks>
/// The process that holds it may be frozen in the middle of a commit; no timeout of a statement ends that, as the server waits for its
/// client. So what still blocks after <see cref="PostgresOptions.LockTimeout"/> has its connection ended: its commit is taken back, or
/// had landed, and the head that is read afterwards tells which.
/// </remarks>
internal sealed partial class ShardOpener(NpgsqlDataSource database, PostgresOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <returns>The shard from its new epoch on; null where its stream was deleted.</returns>
    /// <exception cref="StorageException">The database is not reached, or does not let go of the head.</exception>
    public async ValueTask<LogShard?> OpenAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);

            // Not cancelled once it is sent, and harmless where its answer is lost: the next opening raises the epoch again.
            var opening = RaiseAsync(connection, shard);
            using var done = new CancellationTokenSource();
            var clearing = ClearWayAsync(connection.ProcessID, shard, done.Token);
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
    }

    private static async Task<LogShard?> RaiseAsync(NpgsqlConnection connection, ShardKey shard)
    {
        await using var command = new NpgsqlCommand(
            "SELECT epoch, next_ordinal, next_position, last_arrival, state_ordinal, sealed FROM broker_open($1, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = shard.Stream.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard.Shard.Index });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }

        var end = new ShardEnd(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetBoolean(5));
        var opened = new LogShard(shard, reader.GetInt64(0), end);

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
                    // Who waits for a lock is not at fault: the one that it waits for is ended.
                    await using var end = new NpgsqlCommand(
                        """
                        WITH RECURSIVE blocking (pid) AS (
                            SELECT unnest(pg_blocking_pids($1))
                            UNION SELECT b FROM blocking, unnest(pg_blocking_pids(blocking.pid)) b)
                        SELECT count(pg_terminate_backend(a.pid)) FROM blocking JOIN pg_stat_activity a USING (pid)
                        WHERE a.wait_event_type IS DISTINCT FROM 'Lock' AND a.pid NOT IN ($1, pg_backend_pid())
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
}
