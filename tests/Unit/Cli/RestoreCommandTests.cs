using Broker.Cli;
using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary><c>broker restore --before</c>: a later state of the database tells what a restored one lost, and stays as it is.</summary>
public sealed class RestoreCommandTests
{
    [PostgresFact]
    public async Task What_a_later_state_has_is_noted_and_every_shard_is_moved_past_it()
    {
        await using var restored = await MakeAsync("(1, 0, 2, 10), (1, 1, 2, 10)");
        await using var before = await MakeAsync("(1, 0, 3, 25), (1, 1, 2, 10), (2, 0, 1, 5)");
        string[] arguments = ["restore", "--postgres", restored.ConnectionString, "--before", before.ConnectionString];
        Assert.Equal(ExitCode.Success, await BrokerCommandLine.RunAsync([.. arguments, "--dry-run"]));
        Assert.Equal("1 0 10 25 2 3", await restored.AskAsync(
            "SELECT string_agg(concat_ws(' ', generation, shard, found_position, known_position, found_epoch, known_epoch), ', ') FROM broker_losses WHERE accepted_at IS NULL"));
        Assert.Equal("25,-", await restored.AskAsync("SELECT string_agg(coalesce(lost_end::text, '-'), ',' ORDER BY shard) FROM broker_heads"));

        Assert.Equal(ExitCode.Success, await BrokerCommandLine.RunAsync(arguments));
        Assert.Equal($"{25 + (1L << 40)} {3 + (1L << 32)},{10 + (1L << 40)} {2 + (1L << 32)}", await restored.AskAsync(
            "SELECT string_agg(concat_ws(' ', next_position, epoch), ',' ORDER BY shard) FROM broker_heads WHERE lost_end IS NULL"));
        Assert.Equal("25 3,10 2,5 1", await before.AskAsync("SELECT string_agg(concat_ws(' ', next_position, epoch), ',' ORDER BY generation, shard) FROM broker_heads"));
    }

    [PostgresFact]
    public async Task A_state_before_that_cannot_be_read_ends_it_before_anything_is_moved()
    {
        await using var restored = await MakeAsync("(1, 0, 2, 10)");
        Assert.Equal(
            ExitCode.CannotConnect,
            await BrokerCommandLine.RunAsync(["restore", "--postgres", restored.ConnectionString, "--before", "Host=127.0.0.1;Port=1;Username=x"]));
        Assert.Equal(ExitCode.Usage, await BrokerCommandLine.RunAsync(["restore", "--postgres", restored.ConnectionString, "--before", "nonsense"]));
        Assert.Equal(10L, await restored.AskAsync("SELECT next_position FROM broker_heads"));
    }

    private static async Task<PostgresDatabase> MakeAsync(string heads)
    {
        var database = await PostgresDatabase.CreateAsync();
        Assert.Equal(ExitCode.Success, await BrokerCommandLine.RunAsync(["migrate", "--postgres", database.ConnectionString]));
        await database.ExecuteAsync($"INSERT INTO broker_heads (generation, shard, epoch, next_position) VALUES {heads}");
        return database;
    }
}
