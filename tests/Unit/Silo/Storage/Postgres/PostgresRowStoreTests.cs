using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Rows;
using Broker.Tests.Harness.Postgres;
using Broker.Tests.Unit.Silo.Storage.Rows;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

[UsesPostgres]
public sealed class PostgresRowStoreTests : RowStoreContract, IAsyncLifetime
{
    private PostgresDatabase database = null!;
    private NpgsqlDataSource source = null!;

    protected override IRowStore Rows => new PostgresRowStore(source, new PostgresOptions(), TimeProvider.System);

    public async Task InitializeAsync()
    {
        database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, CancellationToken.None);
        source = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        await database.DisposeAsync();
    }

    [PostgresFact]
    public async Task ARowThatMustBeAbsentIsKeptAbsentUntilTheCommit()
    {
        // Another session has made the row and not yet committed: the write waits for it, and then finds the row there.
        await using var other = await source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO broker_rows VALUES ('p', 'guard', 1, '')", other, transaction);
        await insert.ExecuteNonQueryAsync();
        var write = WriteAsync(new RowWrite(new RowKey("p", "guard"), null, 0), new RowWrite(new RowKey("p", "z"), Bytes("1"), 0));
        await using var watch = await source.OpenConnectionAsync();
        await using var waiting = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", watch);
        while (await waiting.ExecuteScalarAsync() is 0L && !write.IsCompleted)
        {
            await Task.Yield();
        }

        await transaction.CommitAsync();
        await Assert.ThrowsAsync<RowConflictException>(() => write);
        Assert.Null(await ReadAsync(new RowKey("p", "z")));
    }

    [PostgresFact]
    public async Task AConnectionThatEndsInAWriteLeavesTheOutcomeUnknownAndTheStoreGood()
    {
        await using var other = await source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO broker_rows VALUES ('p', 'a', 1, '')", other, transaction);
        await insert.ExecuteNonQueryAsync();
        var write = WriteAsync(new RowWrite(new RowKey("p", "a"), Bytes("1"), 0));
        await using var watch = await source.OpenConnectionAsync();
        await using var end = new NpgsqlCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", watch);
        while (await end.ExecuteScalarAsync() is 0L && !write.IsCompleted)
        {
            await Task.Yield();
        }

        var exception = await Assert.ThrowsAsync<StorageException>(() => write);
        Assert.Contains("unknown", exception.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync();
        await WriteAsync(new RowWrite(new RowKey("p", "a"), Bytes("2"), 0));
        Assert.Equal(("2", 1L), await ReadAsync(new RowKey("p", "a")));
    }

    protected override async Task ReopenAsync()
    {
        await source.DisposeAsync();
        source = NpgsqlDataSource.Create(database.ConnectionString);
    }
}
