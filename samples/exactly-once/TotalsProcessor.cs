using System.Globalization;
using System.Text;
using Broker.Kcl.Consumer;
using Npgsql;

namespace Broker.Samples.ExactlyOnce;

/// <summary>Adds a shard's records up by their keys, each exactly once, whatever is killed, paused or handed over when.</summary>
/// <remarks>
/// <para>
/// Three things make it so. Results and position are written in one transaction. A batch leaves out what the position already covers:
/// the broker's own checkpoint may be behind it. And every transaction is fenced by the lease's counter, which rises with each change of
/// the owner: a worker that was paused, and lost the shard without knowing it, changes nothing any more.
/// </para>
/// <para>The broker's checkpoint follows, so that little is read twice and the application's lag is told; nothing depends on it.</para>
/// </remarks>
internal sealed class TotalsProcessor(NpgsqlDataSource database, ShardLease lease) : IRecordProcessor
{
    /// <summary>Takes the shard over: from now on transactions of whoever had it before fail.</summary>
    public async Task InitializeAsync(ShardLease lease, CancellationToken lost)
    {
        await using var fence = database.CreateCommand("""
            INSERT INTO progress (application, stream, shard, lease_counter, position) VALUES ($1, $2, $3, $4, '')
            ON CONFLICT (application, stream, shard) DO UPDATE SET lease_counter = $4 WHERE progress.lease_counter <= $4
            """);
        AddLease(fence);
        if (await fence.ExecuteNonQueryAsync(lost) == 0)
        {
            throw Fenced();
        }
    }

    public async Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
    {
        await using (var connection = await database.OpenConnectionAsync(lost))
        await using (var transaction = await connection.BeginTransactionAsync(lost))
        {
            if (await ReadPositionAsync(connection, lost) is not { } position)
            {
                throw Fenced();
            }

            var records = batch.Records.Where(record => position.Length == 0 || record.Position > RecordPosition.Parse(position)).ToList();
            if (records.Count > 0)
            {
                await AddAsync(connection, records, lost);
                await MoveToAsync(connection, records[^1].Position, lost);
                await transaction.CommitAsync(lost);
            }
        }

        await batch.CheckpointAsync(lost);
    }

    private static async Task AddAsync(NpgsqlConnection connection, List<ConsumerRecord> records, CancellationToken cancellation)
    {
        // In the order of the keys: two shards that met in one, before and after a merge, never wait for each other in a circle.
        var sums = records.GroupBy(record => record.PartitionKey).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        await using var add = new NpgsqlCommand(
            """
            INSERT INTO totals (key, records, amount) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
            ON CONFLICT (key) DO UPDATE SET records = totals.records + excluded.records, amount = totals.amount + excluded.amount
            """,
            connection);
        add.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. sums.Select(sum => sum.Key)] });
        add.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. sums.Select(sum => sum.LongCount())] });
        add.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. sums.Select(sum => sum.Sum(AmountOf))] });
        await add.ExecuteNonQueryAsync(cancellation);
    }

    private static long AmountOf(ConsumerRecord record) => long.Parse(Encoding.UTF8.GetString(record.Data.Span), CultureInfo.InvariantCulture);

    /// <summary>Locks the shard's row until the transaction ends; null where the shard is another's.</summary>
    private async Task<string?> ReadPositionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var read = new NpgsqlCommand(
            "SELECT position FROM progress WHERE application = $1 AND stream = $2 AND shard = $3 AND lease_counter = $4 FOR UPDATE", connection);
        AddLease(read);
        return (string?)await read.ExecuteScalarAsync(cancellation);
    }

    private async Task MoveToAsync(NpgsqlConnection connection, RecordPosition position, CancellationToken cancellation)
    {
        await using var move = new NpgsqlCommand(
            "UPDATE progress SET position = $5 WHERE application = $1 AND stream = $2 AND shard = $3 AND lease_counter = $4", connection);
        AddLease(move);
        move.Parameters.Add(new NpgsqlParameter<string> { TypedValue = position.ToString() });
        await move.ExecuteNonQueryAsync(cancellation);
    }

    private void AddLease(NpgsqlCommand command)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = lease.ApplicationName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = lease.StreamName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = lease.ShardId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lease.LeaseCounter });
    }

    private LeaseLostException Fenced() =>
        new($"{lease.ShardId} of {lease.StreamName} was taken over by a lease of a counter above {lease.LeaseCounter}: nothing is written here any more.");
}
