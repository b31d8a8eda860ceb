using System.Collections.Concurrent;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Which database has a shard's log: settled once, at its first opening, by a row in the first database (docs/layouts/postgres.md).</summary>
/// <remarks>A pin never changes, so what was read is kept, until its stream is deleted. Those who ask at the same time share a statement.</remarks>
internal sealed class Pins
{
    private const int MaxShards = 512;

    private readonly NpgsqlDataSource database;
    private readonly ConcurrentDictionary<ShardKey, Guid> known = new();
    private readonly Coalescer<ShardKey, Guid?> lookUps;
    private readonly Coalescer<(ShardKey Shard, Guid Proposed), Guid?> makings;

    public Pins(NpgsqlDataSource database, PostgresOptions options, TimeProvider time)
    {
        this.database = database;
        lookUps = new(LookUpAsync, MaxShards, options.StatementTimeout, time);
        makings = new(MakeAsync, MaxShards, options.StatementTimeout, time);
    }

    /// <summary>The pin as far as this process knows it already.</summary>
    public bool TryFind(ShardKey shard, out Guid pin) => known.TryGetValue(shard, out pin);

    /// <summary>A shard's pin; null where it was never opened, or before there were pins, or its stream was deleted.</summary>
    /// <exception cref="StorageException">The first database is not reached.</exception>
    public async ValueTask<Guid?> FindAsync(ShardKey shard, CancellationToken cancellationToken) =>
        known.TryGetValue(shard, out var pin) ? pin : Know(shard, await lookUps.AskAsync(shard, cancellationToken));

    /// <summary>Pins a shard for good, to the database proposed unless it is pinned already; null where its stream was deleted.</summary>
    /// <inheritdoc cref="FindAsync"/>
    public async ValueTask<Guid?> MakeAsync(ShardKey shard, Guid proposed, CancellationToken cancellationToken) =>
        Know(shard, await makings.AskAsync((shard, proposed), cancellationToken));

    /// <summary>The databases that have shards of a stream.</summary>
    public async ValueTask<IReadOnlyList<Guid>> OfStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT DISTINCT database FROM broker_pins WHERE generation = $1", connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = stream.Value });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            List<Guid> databases = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                databases.Add(reader.GetGuid(0));
            }

            return databases;
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    /// <summary>Forgets the pins of a stream whose shards were deleted everywhere.</summary>
    public async ValueTask DeleteAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("DELETE FROM broker_pins WHERE generation = $1", connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = stream.Value });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection, mayHaveLanded: true);
        }

        foreach (var shard in known.Keys.Where(shard => shard.Stream == stream))
        {
            known.TryRemove(shard, out _);
        }
    }

    private Guid? Know(ShardKey shard, Guid? pin)
    {
        if (pin is { } found)
        {
            known[shard] = found;
        }

        return pin;
    }

    private Task<IReadOnlyList<Guid?>> LookUpAsync(IReadOnlyList<ShardKey> shards) => QueryAsync(
        shards,
        """
        SELECT p.generation, p.shard, p.database
        FROM broker_pins p JOIN (SELECT DISTINCT g, s FROM unnest($1, $2) u (g, s)) asked ON p.generation = asked.g AND p.shard = asked.s
        """,
        []);

    private Task<IReadOnlyList<Guid?>> MakeAsync(IReadOnlyList<(ShardKey Shard, Guid Proposed)> asked) => QueryAsync(
        [.. asked.Select(ask => ask.Shard)],
        "SELECT generation, shard, database FROM broker_pin($1, $2, $3)",
        [new NpgsqlParameter<Guid[]> { TypedValue = [.. asked.Select(ask => ask.Proposed)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid }]);

    private async Task<IReadOnlyList<Guid?>> QueryAsync(IReadOnlyList<ShardKey> shards, string sql, NpgsqlParameter[] more)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. shards.Select(shard => shard.Stream.Value)] });
            command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. shards.Select(shard => shard.Shard.Index)] });
            command.Parameters.AddRange(more);
            await using var reader = await command.ExecuteReaderAsync();
            Dictionary<ShardKey, Guid> pins = new(shards.Count);
            while (await reader.ReadAsync())
            {
                pins[new ShardKey(new StreamGeneration(reader.GetInt64(0)), new ShardId(reader.GetInt32(1)))] = reader.GetGuid(2);
            }

            return [.. shards.Select(shard => pins.TryGetValue(shard, out var pin) ? pin : (Guid?)null)];
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }
}
