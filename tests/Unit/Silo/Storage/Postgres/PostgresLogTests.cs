using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

[UsesPostgres]
public sealed class PostgresLogTests : ShardLogContract
{
    private const long Hour = 3_600_000;

    private PostgresDatabase? database;
    private PostgresNode node = null!;

    protected override IShardLog Log => node.Log;

    public override async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await database!.DisposeAsync();
    }

    [PostgresFact]
    public async Task Of_two_silos_that_own_one_shard_the_later_appends_and_the_other_does_not()
    {
        await using var other = await PostgresNode.OpenAsync(database!.ConnectionString);
        await AppendAsync(Key(0));
        await AppendAsync(Key(1));
        var elsewhere = new LogWriter(other.Log);
        Assert.True((await elsewhere.AppendAsync(Key(0))).IsCommitted);

        // The other shard of the same commit is not held up by the one that is refused.
        var outcomes = await Task.WhenAll(AppendAsync(Key(0)), AppendAsync(Key(1)));
        Assert.Equal([AppendStatus.Fenced, AppendStatus.Committed], outcomes.Select(outcome => outcome.Status));
        Assert.Equal([0, 1], await OrdinalsAsync(Key(0)));
        Assert.Equal([0, 1], await OrdinalsAsync(Key(1)));
    }

    [PostgresFact]
    public async Task An_owner_is_refused_from_the_moment_another_silo_opens_its_shard()
    {
        await using var other = await PostgresNode.OpenAsync(database!.ConnectionString);
        await AppendAsync(Key(0));
        var head = await other.Log.OpenAsync(Key(0), default);
        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
        Assert.Equal(head, await Log.PeekAsync(Key(0), default));
        Assert.True(await Log.IsCurrentAsync(Key(0), head.Epoch, default));
    }

    [PostgresFact]
    public async Task A_commit_whose_connection_is_ended_is_uncertain_and_the_shard_goes_on_after_opening()
    {
        await AppendAsync(Key(0));
        await AppendAsync(Key(1));
        await using var holder = await HoldHeadAsync(0);
        var append = AppendAsync(Key(0));
        await AwaitAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", append);
        Assert.Equal(AppendStatus.Uncertain, (await append).Status);
        await holder.DisposeAsync();

        var head = await Log.OpenAsync(Key(0), default);
        Assert.Equal(1, head.NextOrdinal);
        Assert.True((await AppendAsync(Key(0))).IsCommitted);
        Assert.True((await AppendAsync(Key(1))).IsCommitted);
        Assert.Equal([0, 1], await OrdinalsAsync(Key(0)));
    }

    [PostgresFact]
    public async Task A_shard_whose_head_a_frozen_owner_holds_is_taken_over()
    {
        await AppendAsync(Key(0));
        await using var frozen = await HoldHeadAsync(0);
        var head = await Log.OpenAsync(Key(0), default);
        Assert.Equal(1, head.NextOrdinal);
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await new NpgsqlCommand("COMMIT", frozen).ExecuteNonQueryAsync());
    }

    [PostgresFact]
    public async Task Blocks_that_no_head_counts_are_not_read()
    {
        await AppendAsync(Key(0));
        await database!.ExecuteAsync(
            "INSERT INTO broker_segment_1 SELECT generation, shard, ordinal + 1, first_position + 2, records, arrival, bytes, block FROM broker_segment_1; " +
            "INSERT INTO broker_segment_2 SELECT * FROM broker_segment_1; INSERT INTO broker_segment_3 SELECT * FROM broker_segment_1");
        Assert.Equal([0], await OrdinalsAsync(Key(0)));
        Assert.Empty(await Log.ReadAsync(Key(0), 2, 1_000, default));
    }

    [PostgresFact]
    public async Task Blocks_that_are_missing_or_damaged_are_reported_and_their_neighbours_are_served()
    {
        for (var i = 0; i < 5; i++)
        {
            await AppendAsync(Key(0));
        }

        var table = "broker_segment_" + await database!.AskAsync("SELECT segment FROM broker_extents");
        await database.ExecuteAsync($"UPDATE {table} SET block = set_byte(block, 120, 77) WHERE ordinal = 1; DELETE FROM {table} WHERE ordinal = 3");
        foreach (var damaged in new[] { 1, 3 })
        {
            Assert.Equal([damaged - 1], (await Log.ReadBlocksAsync(Key(0), damaged - 1, 100_000, default)).Select(block => block.Head.Ordinal));
            var exception = await Assert.ThrowsAsync<StorageException>(async () => await Log.ReadBlocksAsync(Key(0), damaged, 100_000, default));
            Assert.Equal(StorageFault.Corrupt, exception.Fault);
            Assert.Contains(table, exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal([4], await OrdinalsAsync(Key(0), 4));
    }

    [PostgresFact]
    public async Task Segments_are_dropped_when_all_their_streams_expired_them_and_the_shards_go_on()
    {
        // Slices of the shortest class are 3 hours: each of these has its own.
        await AppendAsync(Key(0), arrival: 1 * Hour);
        await AppendAsync(Key(1), arrival: 1 * Hour);
        await AppendAsync(Key(1), arrival: 2 * Hour, flags: BlockFlags.ProducerSnapshot);
        await AppendAsync(Key(0, stream: 2), arrival: 4 * Hour);
        await AppendAsync(Key(2), arrival: 5 * Hour);
        await AppendAsync(Key(2), arrival: 7 * Hour);
        Assert.Equal(0, (await Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = (3 * Hour) - 1 }, default)).FilesDropped);
        var report = await Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 6 * Hour, [new(2)] = 4 * Hour }, default);
        Assert.Equal(1, report.FilesDropped);
        Assert.True(report.BytesFreed > 0);
        for (var round = 0; round < 2; round++)
        {
            Assert.Empty(await Log.ReadAsync(Key(0), 0, 1_000, default));
            Assert.Equal([1], await OrdinalsAsync(Key(1)));
            Assert.Equal([0, 1], await OrdinalsAsync(Key(2)));
            Assert.Equal([0], await OrdinalsAsync(Key(0, stream: 2)));
            Assert.Equal(2, await Log.FindAsync(Key(2), 6 * Hour, default));
            var head = await Log.OpenAsync(Key(0), default);
            Assert.Equal((1, 2, 1 * Hour), (head.NextOrdinal, head.NextPosition, head.LastArrivalUnixMilliseconds));
            Assert.Equal(1, (await Log.OpenAsync(Key(1), default)).StateOrdinal);
            await ReopenAsync();
        }

        Assert.True((await AppendAsync(Key(0), arrival: 8 * Hour)).IsCommitted);
        Assert.Equal([1], await OrdinalsAsync(Key(0)));

        // The other stream's deletion frees what it alone kept.
        await Log.DeleteStreamAsync(new StreamGeneration(2), default);
        Assert.Equal(1, (await Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 6 * Hour }, default)).FilesDropped);
        Assert.Equal([1], await OrdinalsAsync(Key(2)));
    }

    [PostgresFact]
    public async Task An_append_into_a_segment_that_another_silo_dropped_lands_nowhere_and_the_next_one_does()
    {
        await using var other = await PostgresNode.OpenAsync(database!.ConnectionString);
        await AppendAsync(Key(0), arrival: Hour);
        await other.Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 3 * Hour }, default);
        Assert.Equal(AppendStatus.Uncertain, (await AppendAsync(Key(0), arrival: Hour)).Status);
        Assert.True((await AppendAsync(Key(0), arrival: Hour)).IsCommitted);
        Assert.Equal([1], await OrdinalsAsync(Key(0)));
    }

    protected override async Task OpenAsync()
    {
        if (database is null)
        {
            database = await PostgresDatabase.CreateAsync();
            await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        }

        node = await PostgresNode.OpenAsync(database.ConnectionString);
    }

    protected override async Task CloseAsync() => await node.DisposeAsync();

    /// <summary>A session in a transaction that holds a shard's head, as an owner does that froze in its commit.</summary>
    private async Task<NpgsqlConnection> HoldHeadAsync(int shard)
    {
        var connection = new NpgsqlConnection(database!.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand($"BEGIN; SELECT FROM broker_heads WHERE generation = 1 AND shard = {shard} FOR UPDATE", connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task AwaitAsync(string count, Task unless)
    {
        while (await database!.AskAsync(count) is 0L && !unless.IsCompleted)
        {
            await Task.Yield();
        }
    }
}
