using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Broker.Bench.Postgres;

/// <summary>What one connection can make durable: commits of 1 MiB, each one round trip of a conditional update and four inserts.</summary>
internal static class CeilingRun
{
    private const int Rows = 4;
    private const int RowBytes = 256 * 1024;

    public static async Task<Figure> MeasureAsync(string connectionString, TimeSpan duration)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await RunAsync(
            connection,
            """
            CREATE TABLE ceiling_heads (id int PRIMARY KEY, place bigint NOT NULL) WITH (fillfactor = 50);
            INSERT INTO ceiling_heads VALUES (0, 0), (1, 0), (2, 0), (3, 0);
            CREATE TABLE ceiling (id int, place bigint, block bytea NOT NULL, PRIMARY KEY (id, place));
            ALTER TABLE ceiling ALTER block SET STORAGE EXTERNAL;
            """);
        var figure = await MeasureAsync(connection, duration);
        await RunAsync(connection, "DROP TABLE ceiling, ceiling_heads");
        await RunAsync(connection, "CHECKPOINT");
        return figure;
    }

    private static async Task<Figure> MeasureAsync(NpgsqlConnection connection, TimeSpan duration)
    {
        await using var batch = new NpgsqlBatch(connection);
        var place = new NpgsqlParameter<long>();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE ceiling_heads h SET place = place + 1 FROM unnest($1) u (id) WHERE h.id = u.id AND h.place = $2")
        {
            Parameters = { new NpgsqlParameter<int[]> { TypedValue = [.. Enumerable.Range(0, Rows)] }, place },
        });
        var blocks = new byte[Rows][];
        for (var i = 0; i < Rows; i++)
        {
            blocks[i] = new byte[RowBytes];
            new Random(i).NextBytes(blocks[i]);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("INSERT INTO ceiling VALUES ($1, $2, $3)")
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = i }, place.Clone(), new NpgsqlParameter<byte[]> { TypedValue = blocks[i], NpgsqlDbType = NpgsqlDbType.Bytea } },
            });
        }

        await batch.PrepareAsync();
        var end = Figure.Begin();
        var clock = Stopwatch.StartNew();
        long commits = 0;
        for (; clock.Elapsed < duration; commits++)
        {
            foreach (var command in batch.BatchCommands)
            {
                ((NpgsqlParameter<long>)((NpgsqlBatchCommand)command).Parameters[1]).TypedValue = commits;
            }

            await batch.ExecuteNonQueryAsync();
        }

        return end(commits * Rows * RowBytes, commits, clock.Elapsed.TotalMilliseconds);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
