using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>A server that crashes in the middle of commits: nothing acknowledged is lost, nothing lands twice, and the log goes on by itself.</summary>
public sealed class PostgresCrashTests
{
    private const int Shards = 6;
    private const int Crashes = 3;

    [PostgresFact]
    public async Task What_was_acknowledged_before_a_crash_is_there_after_it_once()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.CreateAsync(server);
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(database.ConnectionString);
        var histories = Enumerable.Range(0, Shards).Select(shard => new AppendHistory(TestLog.Key(shard))).ToArray();
        for (var crash = 0; crash < Crashes; crash++)
        {
            await WriteAsync(node, histories, server.CrashAsync);
            await server.RestartAsync();
        }

        await CheckAsync(node, histories, Crashes);
    }

    [StandbyFact]
    public async Task What_was_acknowledged_by_a_primary_is_on_the_promoted_standby_and_appends_go_on_there()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.StartStandbyAsync();

        // It goes with the server: the primary is not there in the end to drop it.
        var database = await PostgresDatabase.CreateAsync(primary);
        await database.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        await database.ExecuteAsync("SELECT pg_reload_conf()");
        while (await database.AskAsync("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") is not 1L)
        {
            await Task.Yield();
        }

        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(PostgresDatabase.ConnectionStringOf(database.Name, primary, standby));
        var histories = Enumerable.Range(0, Shards).Select(shard => new AppendHistory(TestLog.Key(shard))).ToArray();
        await WriteAsync(node, histories, primary.CrashAsync);
        await standby.PromoteAsync();

        // It follows nobody and is followed by nobody: what goes on there is on its own disk.
        await WriteAsync(node, histories, standby.CrashAsync);
        await standby.RestartAsync();
        await CheckAsync(node, histories, 2);
    }

    /// <summary>All shards at once, until the server ends under them after a good many acknowledgements.</summary>
    private static async Task WriteAsync(PostgresNode node, AppendHistory[] histories, Func<Task> end)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var acknowledged = 0;
        var writing = histories.Select(history => history.WriteUntilUncertainAsync(
            node.Log,
            () =>
            {
                if (Interlocked.Increment(ref acknowledged) == 200)
                {
                    enough.SetResult();
                }
            })).ToArray();
        await enough.Task;
        await end();
        await Task.WhenAll(writing);
    }

    private static async Task CheckAsync(PostgresNode node, AppendHistory[] histories, int interruptions)
    {
        foreach (var history in histories)
        {
            await history.CheckAsync(node.Log);
            Assert.Equal(interruptions, history.Interruptions);
        }
    }
}
