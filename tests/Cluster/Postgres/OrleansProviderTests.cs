using System.Net;
using Broker.Silo.Streams;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.GrainDirectory;
using Orleans.Runtime.MembershipService;
using Orleans.Storage;
using Xunit;

namespace Broker.Tests.Cluster.Postgres;

/// <summary>Orleans' AdoNet providers over our tables and statements: what they write, what they refuse, and what they answer to whom.</summary>
public sealed class OrleansProviderTests : IAsyncLifetime
{
    private static readonly GrainId Stream = GrainId.Create("stream", "7");

    private PostgresDatabase? database;
    private PostgresSilo? silo;

    private IServiceProvider Services => silo!.Services;

    public async Task InitializeAsync()
    {
        if (PostgresServer.Absence is null)
        {
            database = await PostgresDatabase.CreateAsync();
            silo = await PostgresSilo.StartAsync(database.ConnectionString);
        }
    }

    public async Task DisposeAsync()
    {
        if (silo is not null)
        {
            await silo.DisposeAsync();
            NpgsqlConnection.ClearAllPools();
        }

        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    [PostgresFact]
    public async Task Grain_state_is_written_once_a_version()
    {
        var storage = Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var first = new GrainState<StreamState>();
        var second = new GrainState<StreamState>();
        await storage.ReadStateAsync("stream", Stream, first);
        await storage.ReadStateAsync("stream", Stream, second);
        Assert.False(first.RecordExists);
        Assert.Null(first.ETag);

        first.State = new StreamState { RetentionHours = 48, WarmThroughputMiBps = 3 };
        await storage.WriteStateAsync("stream", Stream, first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("stream", Stream, second));
        await storage.ReadStateAsync("stream", Stream, second);
        Assert.Equal((48, 3), (second.State!.RetentionHours, second.State.WarmThroughputMiBps));

        second.State = second.State with { RetentionHours = 72 };
        await storage.WriteStateAsync("stream", Stream, second);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("stream", Stream, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("stream", Stream, first));
        await storage.ReadStateAsync("stream", Stream, first);
        Assert.Equal(72, first.State!.RetentionHours);

        await storage.ClearStateAsync("stream", Stream, first);
        await storage.ReadStateAsync("stream", Stream, second);
        Assert.False(second.RecordExists);
        Assert.Equal(StreamState.DefaultRetentionHours, second.State.RetentionHours);
    }

    [PostgresFact]
    public async Task Grains_of_different_keys_have_states_of_their_own()
    {
        var storage = Services.GetRequiredKeyedService<IGrainStorage>("Default");
        GrainId[] grains = [GrainId.Create("stream", "1"), GrainId.Create("stream", "2"), GrainId.Create("catalogue", "a"), GrainId.Create("catalogue", "b")];
        foreach (var (index, grain) in grains.Index())
        {
            await storage.WriteStateAsync("stream", grain, new GrainState<StreamState>(new StreamState { RetentionHours = 100 + index }));
        }

        foreach (var (index, grain) in grains.Index())
        {
            var state = new GrainState<StreamState>();
            await storage.ReadStateAsync("stream", grain, state);
            Assert.Equal(100 + index, state.State!.RetentionHours);
        }
    }

    [PostgresFact]
    public async Task Reminders_are_kept_found_by_range_and_removed_once()
    {
        var reminders = Services.GetRequiredService<IReminderTable>();
        var start = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var entry = new ReminderEntry { GrainId = Stream, ReminderName = "sweep", StartAt = start, Period = TimeSpan.FromMinutes(5) };
        var first = Assert.IsType<string>(await reminders.UpsertRow(entry));
        var second = Assert.IsType<string>(await reminders.UpsertRow(entry));
        Assert.NotEqual(first, second);

        var read = Assert.IsType<ReminderEntry>(await reminders.ReadRow(Stream, "sweep"));
        Assert.Equal((Stream, "sweep", start, TimeSpan.FromMinutes(5), second), (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Single((await reminders.ReadRows(Stream)).Reminders);
        var hash = Stream.GetUniformHashCode();
        Assert.Single((await reminders.ReadRows(hash - 1, hash)).Reminders);
        Assert.Empty((await reminders.ReadRows(hash, hash + 1)).Reminders);
        Assert.Single((await reminders.ReadRows(hash + 1, hash)).Reminders);

        Assert.False(await reminders.RemoveRow(Stream, "sweep", first));
        Assert.True(await reminders.RemoveRow(Stream, "sweep", second));
        Assert.Null(await reminders.ReadRow(Stream, "sweep"));
    }

    [PostgresFact]
    public async Task Membership_changes_by_one_who_knows_its_newest_version()
    {
        var self = Assert.Single((await Services.GetRequiredService<IMembershipTable>().ReadAllAsync(default)).Members).Item1;
        Assert.Equal(SiloStatus.Active, self.Status);

        // Of another cluster in the same database: the silo would tidy up after us in its own.
        IMembershipTable membership = ActivatorUtilities.CreateInstance<AdoNetClusteringTable>(
            Services, Options.Create(new ClusterOptions { ClusterId = "other", ServiceId = "broker" }));
        await membership.InitializeMembershipTableAsync(true, default);
        var table = await membership.ReadAllAsync(default);
        Assert.Empty(table.Members);

        var other = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(IPAddress.Parse("10.1.2.3"), 11111, 5),
            HostName = "host",
            SiloName = "name",
            Status = SiloStatus.Joining,
            StartTime = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            IAmAliveTime = DateTime.UtcNow,
        };
        Assert.False(await membership.InsertRowAsync(other, new TableVersion(table.Version.Version, (table.Version.Version - 1).ToString(System.Globalization.CultureInfo.InvariantCulture)), default));
        Assert.True(await membership.InsertRowAsync(other, table.Version.Next(), default));
        table = await membership.ReadAllAsync(default);
        Assert.False(await membership.InsertRowAsync(other, table.Version.Next(), default));
        Assert.Equal(table.Version, (await membership.ReadAllAsync(default)).Version);

        other.Status = SiloStatus.Dead;
        other.AddSuspector(self.SiloAddress, DateTime.UtcNow);
        Assert.True(await membership.UpdateRowAsync(other, table.Members[0].Item2, table.Version.Next(), default));
        Assert.False(await membership.UpdateRowAsync(other, table.Members[0].Item2, table.Version.Next(), default));
        var row = await membership.ReadRowAsync(other.SiloAddress, default);
        Assert.Equal(self.SiloAddress, Assert.Single(Assert.Single(row.Members).Item1.SuspectTimes!).Item1);

        await membership.CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddHours(1), default);
        Assert.Empty((await membership.ReadAllAsync(default)).Members);
    }

    [PostgresFact]
    public async Task The_directory_keeps_who_came_first_until_it_is_replaced_or_its_silo_is_gone()
    {
        var directory = Services.GetRequiredKeyedService<IGrainDirectory>(GrainDirectoryAttribute.DEFAULT_GRAIN_DIRECTORY);
        var (first, second, third) = (Address(1), Address(2), Address(3));
        Assert.Null(await directory.Lookup(Stream));
        Assert.Equal(first, await directory.Register(first, null));
        Assert.Equal(first, await directory.Register(second, null));
        Assert.Equal(first, await directory.Lookup(Stream));

        Assert.Equal(first, await directory.Register(third, second));
        Assert.Equal(second, await directory.Register(second, first));
        Assert.Equal(second, await directory.Lookup(Stream));

        await directory.Unregister(first);
        Assert.Equal(second, await directory.Lookup(Stream));
        await directory.UnregisterSilos([first.SiloAddress!]);
        Assert.Equal(second, await directory.Lookup(Stream));
        await directory.UnregisterSilos([second.SiloAddress!]);
        Assert.Null(await directory.Lookup(Stream));

        await directory.Register(first, null);
        await directory.Unregister(first);
        Assert.Null(await directory.Lookup(Stream));
    }

    [PostgresFact]
    public async Task Of_many_who_register_a_grain_at_once_one_wins_and_all_are_told_who()
    {
        var directory = Services.GetRequiredKeyedService<IGrainDirectory>(GrainDirectoryAttribute.DEFAULT_GRAIN_DIRECTORY);
        for (var round = 0; round < 20; round++)
        {
            var grain = GrainId.Create("shard", $"1/{round}");
            var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(silo => directory.Register(Address(silo, grain), null)));
            var winner = Assert.Single(answers.Distinct());
            Assert.Equal(winner, await directory.Lookup(grain));
        }
    }

    private static GrainAddress Address(int silo, GrainId? grain = null) => new()
    {
        GrainId = grain ?? Stream,
        ActivationId = ActivationId.NewId(),
        SiloAddress = SiloAddress.New(IPAddress.Parse("10.0.0.1"), 11111, silo),
        MembershipVersion = new MembershipVersion(3),
    };
}
