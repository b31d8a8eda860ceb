using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Rows;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

/// <summary>What the silos of a cluster share of retention: the expiry clock's floor and the turns of sweeping.</summary>
public sealed class SharedRetentionTests : IAsyncLifetime
{
    private const int Silos = 6;

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly IOptions<RetentionOptions> options = Options.Create(new RetentionOptions());
    private PostgresDatabase? database;
    private NpgsqlDataSource? source;
    private PostgresRowStore rows = null!;

    public async Task InitializeAsync()
    {
        if (PostgresServer.Absence is not null)
        {
            return;
        }

        database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        source = new PostgresOptions { ConnectionString = database.ConnectionString, MaxConnections = Silos }.CreateDataSource();
        rows = new PostgresRowStore(source, new PostgresOptions(), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (database is not null)
        {
            await source!.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    [PostgresFact]
    public async Task At_each_interval_one_silo_sweeps_however_many_ask()
    {
        var silos = Enumerable.Range(0, Silos).Select(_ => new SharedSweepTurns(rows, time, options)).ToArray();
        for (var interval = 0; interval < 5; interval++)
        {
            for (var asked = 0; asked < 3; asked++)
            {
                var turns = await Task.WhenAll(silos.Select(silo => silo.TryTakeAsync(default).AsTask()));
                Assert.Equal(asked == 0 ? 1 : 0, turns.Count(turn => turn));
                time.Advance(TimeSpan.FromSeconds(18));
            }
        }
    }

    [PostgresFact]
    public async Task A_turn_that_was_taken_in_the_future_is_taken_again()
    {
        var turns = new SharedSweepTurns(rows, time, options);
        Assert.True(await turns.TryTakeAsync(default));
        var behind = new SharedSweepTurns(rows, new FakeTimeProvider(time.GetUtcNow() - TimeSpan.FromHours(1)), options);
        Assert.True(await behind.TryTakeAsync(default));
        Assert.False(await behind.TryTakeAsync(default));
    }

    [PostgresFact]
    public async Task The_floor_of_all_silos_only_rises_and_is_written_seldom()
    {
        var random = new Random(1);
        var silos = new List<(ExpiryClock Clock, ExpiryFloor Floor)>();
        for (var silo = 0; silo < Silos; silo++)
        {
            silos.Add(await OpenAsync(time));
        }

        long last = 0, version = 0;
        for (var interval = 0; interval < 10; interval++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            var kept = await Task.WhenAll(silos.OrderBy(_ => random.Next()).Select(silo => silo.Floor.SaveAsync(default).AsTask()));
            var row = (await rows.GetAsync(RowKeys.ExpiryFloor, default))!;
            var floor = RowCodec.Decode(row, StreamRowsJson.Default.CounterRow).Value;
            Assert.True(floor > last);
            Assert.Equal(floor, time.GetUtcNow().ToUnixTimeMilliseconds());
            Assert.All(kept, value => Assert.Equal(floor, value));
            Assert.Equal(version + 1, row.Version);
            (last, version) = (floor, row.Version);
        }
    }

    [PostgresFact]
    public async Task A_silo_whose_clock_is_behind_takes_nothing_back_and_follows()
    {
        var (_, ahead) = await OpenAsync(time);
        var slow = new FakeTimeProvider(time.GetUtcNow() - TimeSpan.FromMinutes(9));
        var (clock, behind) = await OpenAsync(slow);
        var kept = await ahead.SaveAsync(default);
        Assert.Equal(kept, await behind.SaveAsync(default));
        Assert.Equal(kept, clock.NowUnixMilliseconds);
        Assert.Equal(1, (await rows.GetAsync(RowKeys.ExpiryFloor, default))!.Version);
    }

    [PostgresFact]
    public async Task A_database_that_was_set_an_hour_ahead_expires_nothing_until_a_silo_that_was_started_then_has_held_it_back()
    {
        var (clock, floor) = await OpenAsync(time);
        var before = await floor.SaveAsync(default);
        var set = new Ahead(time, TimeSpan.FromHours(1));
        var (newer, newerFloor) = await OpenAsync(set);
        Assert.Equal(before, newer.NowUnixMilliseconds);
        Assert.Equal(before, await newerFloor.SaveAsync(default));
        time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(set.GetUtcNow().ToUnixTimeMilliseconds(), await newerFloor.SaveAsync(default));
        Assert.True(clock.NowUnixMilliseconds < newer.NowUnixMilliseconds);
        Assert.Equal(newer.NowUnixMilliseconds, await floor.SaveAsync(default));
        Assert.Equal(newer.NowUnixMilliseconds, clock.NowUnixMilliseconds);
    }

    private async Task<(ExpiryClock Clock, ExpiryFloor Floor)> OpenAsync(TimeProvider time)
    {
        var clock = new ExpiryClock(time, options, NullLogger<ExpiryClock>.Instance);
        var floor = new ExpiryFloor(clock, rows, options);
        await floor.OpenAsync(default);
        return (clock, floor);
    }

    /// <summary>The same elapsed time under a wall clock that is ahead.</summary>
    private sealed class Ahead(TimeProvider inner, TimeSpan by) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + by;

        public override long GetTimestamp() => inner.GetTimestamp();
    }
}
