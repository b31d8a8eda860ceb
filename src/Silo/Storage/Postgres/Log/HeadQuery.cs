using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Reads heads, without locks, for all who ask at the same time by one statement: every shard asks each second whether it is still owned.</summary>
internal sealed class HeadQuery
{
    private const int MaxShards = 1_024;

    private readonly NpgsqlDataSource database;
    private readonly Coalescer<ShardKey, ShardHead?> batches;

    public HeadQuery(NpgsqlDataSource database, PostgresOptions options, TimeProvider time)
    {
        this.database = database;
        batches = new(ReadAsync, MaxShards, options.StatementTimeout, time);
    }

    /// <summary>The head as it was after the call began; null where the shard was never opened or its stream was deleted.</summary>
    /// <exception cref="StorageException">The database is not reached.</exception>
    public ValueTask<ShardHead?> ReadAsync(ShardKey shard, CancellationToken cancellationToken) => batches.AskAsync(shard, cancellationToken);

    private async Task<IReadOnlyList<ShardHead?>> ReadAsync(IReadOnlyList<ShardKey> shards)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                SELECT h.generation, h.shard, h.epoch, h.next_ordinal, h.next_position, h.last_arrival, h.state_ordinal, h.sealed
                FROM broker_heads h JOIN (SELECT DISTINCT g, s FROM unnest($1, $2) u (g, s)) asked ON h.generation = asked.g AND h.shard = asked.s
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. shards.Select(shard => shard.Stream.Value)] });
            command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. shards.Select(shard => shard.Shard.Index)] });
            await using var reader = await command.ExecuteReaderAsync();
            Dictionary<ShardKey, ShardHead> heads = new(shards.Count);
            while (await reader.ReadAsync())
            {
                heads[new ShardKey(new StreamGeneration(reader.GetInt64(0)), new ShardId(reader.GetInt32(1)))] = new ShardHead(
                    reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetBoolean(7));
            }

            return [.. shards.Select(shard => heads.TryGetValue(shard, out var head) ? head : (ShardHead?)null)];
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }
}
