using System.Text.RegularExpressions;
using Broker.Cli;
using Broker.Silo.Operations;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using DbUp.Engine;
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
        Assert.Equal((long)ran.Sum(scripts => scripts.Count), await database.AskAsync($"SELECT count(*) FROM {PostgresSchema.JournalTable} WHERE scriptname NOT LIKE 'level-%'"));
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
    public async Task A_database_at_a_level_that_this_build_does_not_serve_is_refused_and_left_alone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await MigrateAsync(database);
        await database.ExecuteAsync($"INSERT INTO {PostgresSchema.JournalTable} (scriptname, applied) VALUES ('9999-later', now()), ('level-3', now())");
        foreach (var attempt in new Func<Task>[] { () => VerifyAsync(database), () => MigrateAsync(database) })
        {
            var exception = await Assert.ThrowsAsync<StorageException>(attempt);
            Assert.Equal(StorageFault.NewerVersion, exception.Fault);
            Assert.Contains("is of a cluster at level 3; this release serves 1 to 2", exception.Message, StringComparison.Ordinal);
        }
    }

    [PostgresFact]
    public async Task Scripts_of_a_newer_release_only_add_and_are_tolerated_below_its_level()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await MigrateAsync(database);
        await database.ExecuteAsync($"INSERT INTO {PostgresSchema.JournalTable} (scriptname, applied) VALUES ('9999-later', now())");
        await VerifyAsync(database);
        Assert.Empty(await MigrateAsync(database));
    }

    [PostgresFact]
    public async Task A_new_database_is_at_this_builds_level_and_an_old_one_stays_until_it_is_raised()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await MigrateAsync(database);
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        Assert.Equal(FeatureLevels.Highest, await PostgresSchema.ReadLevelAsync(connection, CancellationToken.None));
        await database.ExecuteAsync($"DELETE FROM {PostgresSchema.JournalTable} WHERE scriptname LIKE 'level-%'");
        await MigrateAsync(database);
        Assert.Equal(1, await PostgresSchema.ReadLevelAsync(connection, CancellationToken.None));
        await PostgresSchema.RaiseLevelAsync(connection, 2, CancellationToken.None);
        await PostgresSchema.RaiseLevelAsync(connection, 2, CancellationToken.None);
        Assert.Equal(2, await PostgresSchema.ReadLevelAsync(connection, CancellationToken.None));
        Assert.Equal(1L, await database.AskAsync($"SELECT count(*) FROM {PostgresSchema.JournalTable} WHERE scriptname LIKE 'level-%'"));
    }

    [Fact]
    public void What_takes_away_runs_only_at_its_level()
    {
        SqlScript adds = new("1-adds", "CREATE TABLE a ();\n"), takes = new("2-takes", "-- Contract: level 3\nDROP TABLE a;\n");
        Assert.Equal([adds], PostgresSchema.Due([adds, takes], 2));
        Assert.Equal([adds, takes], PostgresSchema.Due([adds, takes], 3));
    }

    [Fact]
    public void Scripts_since_the_first_release_only_add()
    {
        var destructive = new Regex(
            @"\b(DROP\s+(TABLE|COLUMN|SCHEMA|VIEW|TYPE|FUNCTION|CONSTRAINT|INDEX)|TRUNCATE|RENAME|SET\s+NOT\s+NULL|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE)\b",
            RegexOptions.IgnoreCase);
        Assert.Matches(destructive, "ALTER TABLE broker_heads DROP COLUMN lost_end");
        Assert.Matches(destructive, "alter table a alter column b type text");
        foreach (var script in PostgresSchema.Scripts.Where(script => PostgresSchema.ContractLevel(script.Contents) is null))
        {
            // What a function does when it is called is not what the script does; comments say what they like.
            var statements = Regex.Replace(Regex.Replace(script.Contents, @"\$\$.*?\$\$", "", RegexOptions.Singleline), "--.*", "");
            Assert.False(destructive.IsMatch(statements), $"{script.Name} takes something away: let it begin with '-- Contract: level N' (docs/operations.md).");
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
