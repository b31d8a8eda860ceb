using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Reads committed blocks for any caller: the catalogue leads to the segment tables, short statements read them.</summary>
internal sealed class BlockQuery(NpgsqlDataSource database)
{
    /// <summary>How often a read begins anew because a segment was dropped under it.</summary>
    private const int MaxAttempts = 5;

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        RunAsync(connection => new ShardRead(connection, shard, maxBytes, cancellationToken).FromPositionAsync(fromPosition), cancellationToken);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        RunAsync(connection => new ShardRead(connection, shard, maxBytes, cancellationToken).FromOrdinalAsync(fromOrdinal), cancellationToken);

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        RunAsync(connection => new ShardRead(connection, shard, 0, cancellationToken).FindAsync(arrivalUnixMilliseconds), cancellationToken);

    /// <summary>The numbers of a head, from epoch to seal; null where the shard was never opened or its stream was deleted.</summary>
    public ValueTask<ShardHead?> HeadAsync(ShardKey shard, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT epoch, next_ordinal, next_position, last_arrival, state_ordinal, sealed FROM broker_heads WHERE generation = $1 AND shard = $2",
                connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = shard.Stream.Value });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard.Shard.Index });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken)
                ? new ShardHead(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetBoolean(5))
                : (ShardHead?)null;
        },
        cancellationToken);

    private async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = database.CreateConnection();
            try
            {
                await connection.OpenAsync(cancellationToken);
                return await read(connection);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable && attempt < MaxAttempts)
            {
                // The segment was dropped between catalogue and table: the catalogue says so by now.
            }
            catch (NpgsqlException exception)
            {
                throw PostgresErrors.Translate(exception, connection);
            }
        }
    }
}
