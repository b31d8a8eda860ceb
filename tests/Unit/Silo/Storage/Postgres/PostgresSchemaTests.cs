using Broker.Cli;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

public sealed class PostgresSchemaTests
{
    [PostgresFact]
    public async Task Many_may_migrate_at_once_and_each_script_runs_once()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var ran = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => MigrateAsync(database)));
        Assert.Contains("0001-rows", Assert.Single(ran, scripts => scripts.Count > 0));
        Assert.Equal((long)ran.Sum(scripts => scripts.Count), await database.AskAsync($"SELECT count(*) FROM {PostgresSchema.JournalTable}"));
        await VerifyAsync(database);
    }

    [PostgresFact]
    public async Task The_command_migrates_and_tells_what_is_wrong()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        Assert.Equal(ExitCode.Success, await BrokerCommandLine.RunAsync(["migrate", "--postgres", database.ConnectionString]));
        await VerifyAsync(database);
        Assert.Equal(ExitCode.Usage, await BrokerCommandLine.RunAsync(["migrate", "--postgres", "nonsense"]));
        Assert.Equal(ExitCode.CannotConnect, await BrokerCommandLine.RunAsync(["migrate", "--postgres", "Host=127.0.0.1;Port=1;Username=x"]));
    }

    [PostgresFact]
    public async Task A_database_that_was_not_migrated_is_refused_with_the_way_out()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var exception = await Assert.ThrowsAsync<StorageException>(() => VerifyAsync(database));
        Assert.Contains("broker migrate", exception.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_database_of_a_newer_release_is_refused_and_left_alone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await MigrateAsync(database);
        await database.ExecuteAsync($"INSERT INTO {PostgresSchema.JournalTable} (scriptname, applied) VALUES ('9999-later', now())");
        foreach (var attempt in new Func<Task>[] { () => VerifyAsync(database), () => MigrateAsync(database) })
        {
            var exception = await Assert.ThrowsAsync<StorageException>(attempt);
            Assert.Equal(StorageFault.NewerVersion, exception.Fault);
            Assert.Contains("9999-later", exception.Message, StringComparison.Ordinal);
        }
    }

    [PostgresFact]
    public async Task A_server_that_can_lose_commits_is_refused()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await MigrateAsync(database);
        await database.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
        foreach (var attempt in new Func<Task>[] { () => VerifyAsync(database), () => MigrateAsync(database) })
        {
            Assert.Contains("synchronous_commit is off", (await Assert.ThrowsAsync<StorageException>(attempt)).Message, StringComparison.Ordinal);
        }
    }

    [PostgresFact]
    public async Task A_server_without_fsync_is_refused()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.CreateAsync(server);
        await database.ExecuteAsync("ALTER SYSTEM SET fsync = off");
        await database.ExecuteAsync("SELECT pg_reload_conf()");
        while (await database.AskAsync("SHOW fsync") is not "off")
        {
            await Task.Yield();
        }

        Assert.Contains("fsync is off", (await Assert.ThrowsAsync<StorageException>(() => MigrateAsync(database))).Message, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<string>> MigrateAsync(PostgresDatabase database) =>
        new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, CancellationToken.None);

    private static async Task VerifyAsync(PostgresDatabase database)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        await PostgresSchema.VerifyAsync(source, CancellationToken.None);
    }
}
