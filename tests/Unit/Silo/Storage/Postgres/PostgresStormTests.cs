using System.Diagnostics;
using Broker.Contracts.Shards;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Rows;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>What a dead silo means for the database: thousands of shards are opened at once.</summary>
public sealed class PostgresStormTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Shards = 3_333;

    private PostgresDatabase database = null!;
    private PostgresNode node = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);

        // Nobody's connection is ended while a test runs.
        node = await PostgresNode.OpenAsync(database.ConnectionString, lockTimeout: TimeSpan.FromSeconds(9));
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await database.DisposeAsync();
    }

    [PostgresFact]
    public async Task Thousands_of_shards_are_opened_and_verified_by_a_few_statements()
    {
        for (var round = 1; round <= 3; round++)
        {
            var clock = Stopwatch.StartNew();
            var heads = await Task.WhenAll(Keys(Shards).Select(shard => Task.Run(() => node.Log.OpenAsync(shard, default).AsTask())));
            output.WriteLine($"{Shards} openings: {clock.Elapsed.TotalMilliseconds:F0} ms");
            Assert.All(heads, head => Assert.Equal(round, head.Epoch));
            clock.Restart();
            var current = await Task.WhenAll(Keys(Shards).Select(shard => node.Log.IsCurrentAsync(shard, round, default).AsTask()));
            output.WriteLine($"{Shards} checks of the epoch: {clock.Elapsed.TotalMilliseconds:F0} ms");
            Assert.All(current, Assert.True);
        }
    }

    [PostgresFact]
    public async Task Shards_that_somebody_holds_are_waited_for_alone()
    {
        foreach (var shard in Keys(200))
        {
            await node.Log.OpenAsync(shard, default);
        }

        // A commit under way, and a deletion.
        await using var commit = await HoldAsync("SELECT FROM broker_heads WHERE shard < 20 ORDER BY shard FOR UPDATE");
        await using var deletion = await HoldAsync("SELECT broker_delete_stream(2)");
        var held = Keys(20).Append(TestLog.Key(0, stream: 2)).Select(shard => node.Log.OpenAsync(shard, default).AsTask()).ToArray();
        var free = await Task.WhenAll(Keys(200).Skip(20).Append(TestLog.Key(0, stream: 3)).Select(shard => node.Log.OpenAsync(shard, default).AsTask()));
        Assert.Equal([1, 2], free.Select(head => head.Epoch).Distinct().Order());
        Assert.DoesNotContain(held, opening => opening.IsCompleted);
        await EndAsync(commit);
        await EndAsync(deletion);
        Assert.Equal([0, 2], (await Task.WhenAll(held)).Select(head => head.Epoch).Distinct().Order());
    }

    [PostgresFact]
    public async Task Openings_of_one_shard_at_once_get_an_epoch_each_and_the_last_one_stands()
    {
        var heads = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => node.Log.OpenAsync(TestLog.Key(0), default).AsTask()));
        Assert.Equal(Enumerable.Range(1, 50).Select(epoch => (long)epoch), heads.Select(head => head.Epoch).Order());
        Assert.Equal(50, (await node.Log.PeekAsync(TestLog.Key(0), default)).Epoch);
        var last = heads.MaxBy(head => head.Epoch);
        var block = LogWriter.MakeBlock(TestLog.Key(0), last);
        Assert.True((await node.Log.AppendAsync(new(TestLog.Key(0), last.Epoch, 0, [block]))).IsCommitted);
    }

    [PostgresFact]
    public async Task Two_silos_that_open_the_same_shards_at_once_get_epochs_of_their_own()
    {
        await using var other = await PostgresNode.OpenAsync(database.ConnectionString);
        for (var round = 0; round < 3; round++)
        {
            var openings = new[] { node, other }.Select(silo => Task.WhenAll(Keys(1_000).Select(shard => silo.Log.OpenAsync(shard, default).AsTask())));
            var heads = await Task.WhenAll(openings);
            Assert.All(heads[0].Zip(heads[1]), pair => Assert.Equal((4 * round) + 3, pair.First.Epoch + pair.Second.Epoch));
        }
    }

    [PostgresFact]
    public async Task Rows_that_are_asked_for_at_once_are_read_together()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var rows = new PostgresRowStore(source, new PostgresOptions(), TimeProvider.System);
        var keys = Enumerable.Range(0, Shards).Select(i => new RowKey($"p{i % 7}", $"k{i:D5}")).ToArray();
        await rows.WriteAsync([.. keys.Where((_, i) => i % 3 > 0).Select(key => new RowWrite(key, System.Text.Encoding.UTF8.GetBytes(key.Key), 0))], default);
        var clock = Stopwatch.StartNew();
        var read = await Task.WhenAll(keys.Concat(keys).Select(key => rows.GetAsync(key, default).AsTask()));
        output.WriteLine($"{read.Length} rows: {clock.Elapsed.TotalMilliseconds:F0} ms");
        Assert.All(keys.Concat(keys).Zip(read), pair => Assert.Equal(
            Array.IndexOf(keys, pair.First) % 3 > 0 ? pair.First.Key : null, pair.Second is { } row ? System.Text.Encoding.UTF8.GetString(row.Value.Span) : null));
    }

    private static IEnumerable<ShardKey> Keys(int count) => Enumerable.Range(0, count).Select(shard => TestLog.Key(shard));

    private async Task<NpgsqlConnection> HoldAsync(string sql)
    {
        var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand("BEGIN; " + sql, connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    private static async Task EndAsync(NpgsqlConnection held)
    {
        await using var end = new NpgsqlCommand("COMMIT", held);
        await end.ExecuteNonQueryAsync();
    }
}
