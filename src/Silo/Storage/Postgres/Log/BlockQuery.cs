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
