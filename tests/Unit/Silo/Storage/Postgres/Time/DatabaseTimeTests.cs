using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Time;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres.Time;

public sealed class DatabaseTimeTests
{
    private static readonly DatabaseTimeOptions Settings = new();

    private readonly FakeTimeProvider system = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [PostgresFact]
    public async Task It_is_the_databases_time()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var source = new PostgresOptions { ConnectionString = database.ConnectionString }.CreateDataSource();
        using var time = new DatabaseTime(source, Options.Create(Settings), NullLogger<DatabaseTime>.Instance);
        await time.OpenAsync(default);
        Assert.Null(time.Doubt);
        var before = time.GetUtcNow();
        var told = new DateTimeOffset((DateTime)(await database.AskAsync("SELECT clock_timestamp()"))!);
        var after = time.GetUtcNow();
        Assert.InRange(told, before - Settings.MaxRoundTrip, after + Settings.MaxRoundTrip);
        await time.CloseAsync(default);
        await time.CloseAsync(default);
    }

    [Fact]
    public async Task It_does_not_open_where_nothing_answers()
    {
        await using var source = new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Database=none;Username=none" }.CreateDataSource();
        using var time = new DatabaseTime(source, Options.Create(Settings), NullLogger<DatabaseTime>.Instance);
        var exception = await Assert.ThrowsAsync<StorageException>(async () => await time.OpenAsync(default));
        Assert.Equal(StorageFault.Device, exception.Fault);
    }

    [Fact]
    public async Task It_does_not_open_where_answers_take_too_long()
    {
        using var time = Over(() =>
        {
            var sent = system.GetTimestamp();
            system.Advance(TimeSpan.FromSeconds(2));
            return new(sent, system.GetTimestamp(), system.GetUtcNow().UtcTicks);
        });
        var exception = await Assert.ThrowsAsync<StorageException>(async () => await time.OpenAsync(default));
        Assert.Contains("Broker:Clock:MaxRoundTrip", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task It_asks_every_second_goes_on_where_nothing_answers_and_follows_a_database_that_was_set() =>
        Task.Run(FollowAsync);

    /// <summary>Off the test's own context, each second's question is asked and answered within the call that advances the clock.</summary>
    private async Task FollowAsync()
    {
        var ahead = TimeSpan.FromHours(1);
        var asked = 0;
        var answers = true;
        using var time = Over(() =>
        {
            asked++;
            return answers
                ? new(system.GetTimestamp(), system.GetTimestamp(), (system.GetUtcNow() + ahead).UtcTicks)
                : throw new NpgsqlException("Nobody is there (injected).");
        });
        await time.OpenAsync(default);
        Assert.Equal(system.GetUtcNow() + ahead, time.GetUtcNow());
        Advance(3);
        Assert.Equal(4, asked);

        answers = false;
        Advance(10);
        Assert.Equal(14, asked);
        Assert.Equal(system.GetUtcNow() + ahead, time.GetUtcNow());
        Assert.Null(time.Doubt);

        (answers, ahead) = (true, TimeSpan.FromHours(2));
        Advance(1);
        Assert.NotNull(time.Doubt);
        Advance(5);
        Assert.Null(time.Doubt);
        Assert.Equal(system.GetUtcNow() + ahead, time.GetUtcNow());

        await time.CloseAsync(default);
        Advance(3);
        Assert.Equal(20, asked);

        void Advance(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                system.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public async Task Timers_and_timestamps_are_the_machines()
    {
        using var time = Over(() => new(system.GetTimestamp(), system.GetTimestamp(), system.GetUtcNow().UtcTicks));
        await time.OpenAsync(default);
        Assert.Equal(system.GetTimestamp(), time.GetTimestamp());
        var fired = 0;
        await using var timer = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        system.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
        await time.CloseAsync(default);
    }

    [Fact]
    public void All_faults_of_the_settings_are_told_at_once()
    {
        Assert.Empty(new DatabaseTimeOptions().Faults());
        var faults = new DatabaseTimeOptions { SampleEvery = default, MaxRoundTrip = TimeSpan.FromHours(1), Tolerance = default, SettleTime = default }.Faults();
        Assert.Equal(4, faults.Count());
    }

    private DatabaseTime Over(Func<DatabaseTime.Answer> ask) => new(_ => ValueTask.FromResult(ask()), system, Settings, NullLogger.Instance);
}
