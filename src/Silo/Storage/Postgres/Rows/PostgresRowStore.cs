using System.Globalization;
using Broker.Silo.Storage.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Broker.Silo.Storage.Postgres.Rows;

/// <summary>The rows of a cluster: one table of a PostgreSQL database that all silos share (docs/layouts/postgres.md).</summary>
/// <remarks>
/// A call is one statement on a connection of the pool at most, and a write is one transaction with its conditions. A write that lost its
/// connection on the way is not sent again: its exception says that the outcome is unknown, and the versions of the rows tell it.
/// </remarks>
public sealed class PostgresRowStore : IRowStore
{
    private const int MaxKeys = 256;

    private readonly NpgsqlDataSource database;
    private readonly Coalescer<RowKey, Row?> reads;

    /// <param name="database">Verified (<see cref="PostgresSchema.VerifyAsync"/>); stays its owner's to dispose.</param>
    /// <param name="options">Those of the database.</param>
    /// <param name="time">Of waits.</param>
    public PostgresRowStore(NpgsqlDataSource database, PostgresOptions options, TimeProvider time)
    {
        this.database = database;
        reads = new(GetManyAsync, MaxKeys, options.StatementTimeout, time);
    }

    /// <inheritdoc/>
    /// <remarks>Those who ask at the same time are answered by one statement: a shard that is activated reads rows, and thousands may be at once.</remarks>
    public ValueTask<Row?> GetAsync(RowKey key, CancellationToken cancellationToken) => reads.AskAsync(key, cancellationToken);

    public async ValueTask<IReadOnlyList<Row>> ListAsync(string partition, string? afterKey, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return afterKey is null
            ? await QueryAsync(
                partition,
                "SELECT key, value, version FROM broker_rows WHERE partition = $1 ORDER BY key LIMIT $2",
                [Text(partition), new NpgsqlParameter<int> { TypedValue = limit }],
                cancellationToken)
            : await QueryAsync(
                partition,
                "SELECT key, value, version FROM broker_rows WHERE partition = $1 AND key > $2 ORDER BY key LIMIT $3",
                [Text(partition), Text(afterKey), new NpgsqlParameter<int> { TypedValue = limit }],
                cancellationToken);
    }

    public async ValueTask WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken cancellationToken)
    {
        // Locks are taken in one order by all, so that no two writes wait for each other. The sort keeps the order of writes to one row.
        var ordered = writes
            .OrderBy(write => write.Key.Partition, StringComparer.Ordinal).ThenBy(write => write.Key.Key, StringComparer.Ordinal).ToArray();
        await using var connection = database.CreateConnection();
        var sent = false;
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT broker_write_rows($1, $2, $3, $4)", connection);
            command.Parameters.Add(Array(ordered, write => write.Key.Partition, NpgsqlDbType.Text));
            command.Parameters.Add(Array(ordered, write => write.Key.Key, NpgsqlDbType.Text));
            command.Parameters.Add(Array(ordered, write => write.Value?.ToArray(), NpgsqlDbType.Bytea));
            command.Parameters.Add(Array(ordered, write => write.ExpectedVersion, NpgsqlDbType.Bigint));
            sent = true;

            // Not cancelled once it is sent: its outcome would be unknown. The statement's timeout bounds it.
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrors.RowConflict)
        {
            var lost = ordered[int.Parse(exception.Hint!, CultureInfo.InvariantCulture) - 1];
            throw new RowConflictException(lost.Key, lost.ExpectedVersion ?? 0);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection, mayHaveLanded: sent);
        }
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<T[]> Array<T>(RowWrite[] writes, Func<RowWrite, T> select, NpgsqlDbType type) =>
        new() { TypedValue = System.Array.ConvertAll(writes, write => select(write)), NpgsqlDbType = NpgsqlDbType.Array | type };

    private async Task<IReadOnlyList<Row?>> GetManyAsync(IReadOnlyList<RowKey> keys)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                SELECT u.place, r.value, r.version FROM unnest($1, $2) WITH ORDINALITY u (partition, key, place)
                JOIN broker_rows r ON r.partition = u.partition AND r.key = u.key
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(key => key.Partition)] });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(key => key.Key)] });
            await using var reader = await command.ExecuteReaderAsync();
            var rows = new Row?[keys.Count];
            while (await reader.ReadAsync())
            {
                var place = (int)reader.GetInt64(0) - 1;
                rows[place] = new Row(keys[place], reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));
            }

            return rows;
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    private async ValueTask<List<Row>> QueryAsync(string partition, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            List<Row> rows = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(new Row(new RowKey(partition, reader.GetString(0)), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2)));
            }

            return rows;
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }
}
