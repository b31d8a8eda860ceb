using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Broker.Silo.Storage.Postgres.Losses;

/// <summary>What the shards of a database are known to have lost, and an operator's word to go on without it (docs/operations.md).</summary>
/// <param name="database">Verified (<see cref="PostgresSchema.VerifyAsync"/>); stays its owner's to dispose.</param>
public sealed class PostgresLosses(NpgsqlDataSource database)
{
    /// <summary>Losses that nobody has accepted yet, in shard order.</summary>
    /// <param name="stream">Of one stream; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public ValueTask<IReadOnlyList<NotedLoss>> ListAsync(StreamGeneration? stream, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<NotedLoss>>(
        """
        SELECT generation, shard, found_position, known_position, witness, silo, noted_at FROM broker_losses
        WHERE accepted_at IS NULL AND ($1 IS NULL OR generation = $1) ORDER BY generation, shard, id
        """,
        [Optional(stream)],
        async command =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            List<NotedLoss> losses = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                losses.Add(new NotedLoss(
                    new ShardKey(new StreamGeneration(reader.GetInt64(0)), new ShardId(reader.GetInt32(1))),
                    reader.GetInt64(2),
                    reader.GetInt64(3),
                    reader.GetString(4),
                    reader.GetString(5),
                    reader.GetFieldValue<DateTimeOffset>(6)));
            }

            return losses;
        },
        cancellationToken);

    /// <summary>Where the logs of all shards end, in shard order.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public ValueTask<IReadOnlyList<KnownHead>> ListHeadsAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<KnownHead>>(
        "SELECT generation, shard, epoch, next_position FROM broker_heads ORDER BY generation, shard",
        [],
        async command =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            List<KnownHead> heads = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                heads.Add(new KnownHead(
                    new ShardKey(new StreamGeneration(reader.GetInt64(0)), new ShardId(reader.GetInt32(1))), reader.GetInt64(2), reader.GetInt64(3)));
            }

            return heads;
        },
        cancellationToken);

    /// <summary>Notes that a shard's log ended further on than it does here; its owner takes nothing from then on.</summary>
    /// <param name="head">As it is here.</param>
    /// <param name="known">As it was.</param>
    /// <param name="witness">Who knows, for people.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False where the shard was opened anew meanwhile, or its stream deleted.</returns>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public ValueTask<bool> NoteAsync(KnownHead head, KnownHead known, string witness, CancellationToken cancellationToken) => RunAsync(
        "SELECT broker_note_loss($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            new NpgsqlParameter<long> { TypedValue = head.Shard.Stream.Value },
            new NpgsqlParameter<int> { TypedValue = head.Shard.Shard.Index },
            new NpgsqlParameter<long> { TypedValue = head.Epoch },
            new NpgsqlParameter<long> { TypedValue = head.NextPosition },
            new NpgsqlParameter<long> { TypedValue = known.NextPosition },
            new NpgsqlParameter<long> { TypedValue = known.Epoch },
            new NpgsqlParameter<string> { TypedValue = witness },
            new NpgsqlParameter<string> { TypedValue = Environment.MachineName },
        ],
        async command => (bool)(await command.ExecuteScalarAsync(cancellationToken))!,
        cancellationToken);

    /// <summary>
    /// Moves shards past every position and epoch that was ever told of them, so that no sequence number is given twice, and lets them go on.
    /// One transaction; it fences all owners, whose shards are opened anew.
    /// </summary>
    /// <param name="stream">The shards of one stream; null for all, and for the stream generations too.</param>
    /// <param name="force">True to move them where no loss is noted; otherwise nothing is done then, so that it can be repeated.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Shards that were moved.</returns>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public ValueTask<long> AcceptAsync(StreamGeneration? stream, bool force, CancellationToken cancellationToken) => RunAsync(
        "SELECT broker_accept_losses($1, $2)",
        [Optional(stream), new NpgsqlParameter<bool> { TypedValue = force }],
        async command => (long)(await command.ExecuteScalarAsync(cancellationToken))!,
        cancellationToken);

    private static NpgsqlParameter Optional(StreamGeneration? stream) =>
        new() { Value = (object?)stream?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private async ValueTask<T> RunAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlCommand, ValueTask<T>> run, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            return await run(command);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection, mayHaveLanded: true);
        }
    }
}
