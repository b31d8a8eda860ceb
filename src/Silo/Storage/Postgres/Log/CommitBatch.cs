using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>One group commit as one round trip and one transaction: heads moved on conditions, blocks under the commit's id.</summary>
/// <remarks>
/// A head that is not where its run expects it stays, and its blocks stay out, while the others' commit. The id is never used twice,
/// so a batch that the way delivers twice finds its heads moved already, by itself, and cannot land again.
/// </remarks>
internal static class CommitBatch
{
    // Locked in shard order by everyone, so that two commits, or a commit and an expiry, never wait for each other in a circle.
    private const string Lock = """
        SELECT count(*) FROM (
            SELECT FROM broker_heads h JOIN unnest($1, $2) u (g, s) ON h.generation = u.g AND h.shard = u.s
            ORDER BY h.generation, h.shard FOR UPDATE OF h) locked
        """;

    private const string Move = """
        UPDATE broker_heads h SET next_ordinal = u.ordinal, next_position = u.position, last_arrival = u.arrival, state_ordinal = u.state,
            sealed = u.sealed, commit_id = $12, previous_segment = h.segment, segment = u.segment
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            u (g, s, epoch, first_ordinal, first_position, ordinal, position, arrival, state, sealed, segment)
        WHERE h.generation = u.g AND h.shard = u.s
        """ + Fence + """

        RETURNING h.generation, h.shard
        """;

    private const string Fence = " AND h.epoch = u.epoch AND h.next_ordinal = u.first_ordinal AND h.next_position = u.first_position AND NOT h.sealed";

    /// <summary>What the planted bug puts in the place of a refusal.</summary>
    private const string Overwrite = """
         ON CONFLICT (generation, shard, ordinal) DO UPDATE SET first_position = excluded.first_position, records = excluded.records,
            arrival = excluded.arrival, bytes = excluded.bytes, block = excluded.block
        """;

    private const string Extend = """
        INSERT INTO broker_extents (generation, shard, first_ordinal, first_position, segment)
        SELECT u.g, u.s, u.first_ordinal, u.first_position, h.segment
        FROM unnest($1, $2, $3, $4) u (g, s, first_ordinal, first_position) JOIN broker_heads h ON h.generation = u.g AND h.shard = u.s
        WHERE h.commit_id = $5 AND h.previous_segment IS DISTINCT FROM h.segment
        """;

    /// <summary>Sends the runs and waits until they are committed.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="runs">In shard order, one a shard.</param>
    /// <param name="segments">Where each run's blocks go.</param>
    /// <param name="buffer">Of this commit until it returns; where it throws, for good.</param>
    /// <param name="bugs">None but in tests.</param>
    /// <returns>The shards whose runs are durable; those of the others stay out.</returns>
    /// <exception cref="NpgsqlException">Nothing is committed where the server answered so (<see cref="PostgresErrors.IsRefusal"/>), otherwise it is unknown.</exception>
    public static async ValueTask<HashSet<ShardKey>> ExecuteAsync(
        NpgsqlConnection connection, IReadOnlyList<CommitRun> runs, IReadOnlyList<long> segments, CommitBuffer buffer, PlantedBugs bugs)
    {
        var id = Guid.NewGuid();
        await using var batch = Make(connection, runs, segments, buffer, id, bugs.HasFlag(PlantedBugs.ForgotFence));
        HashSet<ShardKey> moved = [];

        // The last result is read only after the transaction's end: whoever gets past it knows that it is durable.
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        await reader.NextResultAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            moved.Add(new ShardKey(new StreamGeneration(reader.GetInt64(0)), new ShardId(reader.GetInt32(1))));
        }

        while (await reader.NextResultAsync(CancellationToken.None))
        {
        }

        return moved;
    }

    private static NpgsqlBatch Make(
        NpgsqlConnection connection, IReadOnlyList<CommitRun> runs, IReadOnlyList<long> segments, CommitBuffer buffer, Guid id, bool isFenceForgotten)
    {
        var ends = runs.Select(run => run.End).ToArray();
        long[] generations = [.. runs.Select(run => run.Shard.Key.Stream.Value)];
        int[] shards = [.. runs.Select(run => run.Shard.Key.Shard.Index)];
        long[] firstOrdinals = [.. runs.Select(run => run.First.Ordinal)];
        long[] firstPositions = [.. runs.Select(run => run.First.FirstPosition)];
        buffer.Begin(checked((int)runs.Sum(run => run.EncodedBytes)));
        var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Command(Lock, Value(generations), Value(shards)));
        batch.BatchCommands.Add(Command(
            isFenceForgotten ? Move.Replace(Fence, "", StringComparison.Ordinal) : Move,
            Value(generations),
            Value(shards),
            Value<long[]>([.. runs.Select(run => run.Shard.Epoch)]),
            Value(firstOrdinals),
            Value(firstPositions),
            Value<long[]>([.. ends.Select(end => end.NextOrdinal)]),
            Value<long[]>([.. ends.Select(end => end.NextPosition)]),
            Value<long[]>([.. ends.Select(end => end.LastArrival)]),
            Value<long[]>([.. ends.Select(end => end.StateOrdinal)]),
            Value<bool[]>([.. ends.Select(end => end.IsSealed)]),
            Value<long[]>([.. segments]),
            Value(id)));
        batch.BatchCommands.Add(Command(Extend, Value(generations), Value(shards), Value(firstOrdinals), Value(firstPositions), Value(id)));
        for (var i = 0; i < runs.Count; i++)
        {
            var insert = $"""
                INSERT INTO broker_segment_{segments[i]} (generation, shard, ordinal, first_position, records, arrival, bytes, block)
                SELECT generation, shard, $3, $4, $5, $6, $7, $8 FROM broker_heads WHERE generation = $1 AND shard = $2 AND commit_id = $9
                """ + (isFenceForgotten ? Overwrite : "");
            foreach (var block in runs[i].Appends.SelectMany(append => append.Append.Blocks))
            {
                batch.BatchCommands.Add(Command(
                    insert,
                    Value(generations[i]),
                    Value(shards[i]),
                    Value(block.Head.Ordinal),
                    Value(block.Head.FirstPosition),
                    Value(block.Head.RecordCount),
                    Value(block.Head.ArrivalUnixMilliseconds),
                    Value(block.EncodedLength),
                    new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = buffer.Encode(block), NpgsqlDbType = NpgsqlDbType.Bytea },
                    Value(id)));
            }
        }

        return batch;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
