using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>One read of one shard's blocks, on one connection.</summary>
/// <remarks>
/// A block is committed together with its head and its extent, so what the extents promised is there when the blocks are read. What is
/// missing is damage: reported, neither skipped nor taken for the end. Blocks before it are given first, as a read of their own.
/// </remarks>
internal sealed class ShardRead(NpgsqlConnection connection, ShardKey shard, int maxBytes, CancellationToken cancellationToken)
{
    /// <summary>Most blocks that one statement reads.</summary>
    private const int MaxRows = 512;

    private readonly List<RecordBlock> blocks = [];
    private long bytes;

    public async ValueTask<IReadOnlyList<RecordBlock>> FromPositionAsync(long position)
    {
        var extents = await ExtentsAsync("first_position", position);
        if (extents.Count > 0)
        {
            await using var find = Command(
                $"SELECT ordinal FROM broker_segment_{extents[0].Segment} WHERE generation = $1 AND shard = $2 AND first_position <= $3 ORDER BY first_position DESC, ordinal DESC LIMIT 1",
                position);
            var start = await find.ExecuteScalarAsync(cancellationToken) as long? ?? extents[0].FirstOrdinal;
            await ReadAsync(extents, start, block => !block.IsControl && block.EndPosition > position);
        }

        return blocks;
    }

    public async ValueTask<IReadOnlyList<RecordBlock>> FromOrdinalAsync(long ordinal)
    {
        var extents = await ExtentsAsync("first_ordinal", ordinal);
        if (extents.Count == 0 || ordinal < extents[0].FirstOrdinal)
        {
            await using var kept = Command(
                """
                SELECT k.ordinal, k.block FROM broker_kept_blocks k JOIN broker_heads h USING (generation, shard)
                WHERE k.generation = $1 AND k.shard = $2 AND k.ordinal >= $3 AND k.ordinal = h.state_ordinal
                """,
                ordinal);
            await using var reader = await kept.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                Add(Decode(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), "broker_kept_blocks"));
            }
        }

        if (extents.Count > 0)
        {
            await ReadAsync(extents, Math.Max(ordinal, extents[0].FirstOrdinal), _ => true);
        }

        return blocks;
    }

    public async ValueTask<long?> FindAsync(long arrival)
    {
        var extents = await ExtentsAsync("first_ordinal", 0, arrival);
        foreach (var extent in extents)
        {
            await using var find = Command("SELECT broker_find($1, $2, $3, $4, $5, $6)", extent.FirstOrdinal, extent.EndOrdinal, arrival, extent.Segment);
            if (await find.ExecuteScalarAsync(cancellationToken) is long position)
            {
                return position;
            }
        }

        return null;
    }

    /// <summary>The extents from the one that holds a place on, in order, without those whose blocks all arrived before a time.</summary>
    private async ValueTask<List<Extent>> ExtentsAsync(string column, long place, long arrival = long.MinValue)
    {
        await using var command = Command(
            $"""
            SELECT first_ordinal, end_ordinal, segment FROM (
                SELECT e.first_ordinal, lead(e.first_ordinal, 1, h.next_ordinal) OVER (ORDER BY e.first_ordinal) AS end_ordinal, e.segment, s.slice_end
                FROM broker_heads h JOIN broker_extents e USING (generation, shard) JOIN broker_segments s ON s.id = e.segment
                WHERE h.generation = $1 AND h.shard = $2 AND e.first_ordinal >= coalesce(
                    (SELECT max(first_ordinal) FROM broker_extents WHERE generation = $1 AND shard = $2 AND {column} <= $3), 0)) extents
            WHERE slice_end > $4 ORDER BY first_ordinal
            """,
            place,
            arrival);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Extent> extents = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            extents.Add(new Extent(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
        }

        return extents;
    }

    private async ValueTask ReadAsync(List<Extent> extents, long next, Func<BlockHead, bool> isWanted)
    {
        foreach (var extent in extents)
        {
            while (next < extent.EndOrdinal)
            {
                if (IsSpent)
                {
                    return;
                }

                var read = await ReadPageAsync(extent, next, isWanted);
                if (read == next)
                {
                    return;
                }

                next = read;
            }
        }
    }

    /// <returns>The ordinal after the last block read; the one given where a damaged block comes after blocks that were read.</returns>
    private async ValueTask<long> ReadPageAsync(Extent extent, long next, Func<BlockHead, bool> isWanted)
    {
        // Values that are stored out of line are fetched for the rows that are answered alone.
        var table = $"broker_segment_{extent.Segment}";
        await using var command = Command(
            $"""
            SELECT ordinal, block FROM (
                SELECT ordinal, block, sum(bytes) OVER (ORDER BY ordinal) - bytes AS before FROM (
                    SELECT ordinal, bytes, block FROM {table} WHERE generation = $1 AND shard = $2 AND ordinal >= $3 AND ordinal < $4
                    ORDER BY ordinal LIMIT {MaxRows}) page) sums
            WHERE before < $5 ORDER BY ordinal
            """,
            next,
            extent.EndOrdinal,
            Math.Max(1, maxBytes - bytes));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var first = next;
        while (!IsSpent && await reader.ReadAsync(cancellationToken))
        {
            var ordinal = reader.GetInt64(0);
            RecordBlock block;
            try
            {
                block = ordinal == next
                    ? Decode(ordinal, reader.GetFieldValue<byte[]>(1), table)
                    : throw Damage(next, table, "is missing");
            }
            catch (StorageException) when (blocks.Count > 0)
            {
                return first;
            }

            next++;
            if (isWanted(block.Head))
            {
                Add(block);
            }
        }

        return next > first || blocks.Count > 0 ? next : throw Damage(next, table, "is missing");
    }

    private bool IsSpent => blocks.Count > 0 && bytes >= maxBytes;

    private void Add(RecordBlock block)
    {
        blocks.Add(block);
        bytes += block.EncodedLength;
    }

    private RecordBlock Decode(long ordinal, byte[] encoded, string table) =>
        RecordBlock.TryDecode(encoded, out var block) is var fault and not BlockFault.None ? throw Damage(ordinal, table, $"is damaged ({fault})")
        : block!.Head.Shard != shard || block.Head.Ordinal != ordinal ? throw Damage(ordinal, table, $"is another ({block.Head.Shard}, {block.Head.Ordinal})")
        : block;

    private StorageException Damage(long ordinal, string table, string what) => new(
        StorageFault.Corrupt, $"Block {ordinal} of shard {shard} {what} in {table}, database {connection.Database} at {connection.DataSource}: it is not served.");

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<long> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = shard.Stream.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard.Shard.Index });
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        }

        return command;
    }
}
