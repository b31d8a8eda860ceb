using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>The log in two databases: what every log holds to, and where shards are.</summary>
[UsesPostgres]
public sealed class PostgresDatabasesTests : ShardLogContract
{
    private readonly List<PostgresDatabase> databases = [];
    private int named = 2;
    private PostgresNode node = null!;

    protected override IShardLog Log => node.Log;

    public override async Task DisposeAsync()
    {
        await node.DisposeAsync();
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [PostgresFact]
    public async Task The_shards_of_a_stream_take_turns()
    {
        for (var shard = 0; shard < 10; shard++)
        {
            await AppendAsync(Key(shard));
        }

        Assert.All(await Task.WhenAll(databases.Select(HeadsAsync)), heads => Assert.Equal(5, heads));
        Assert.Equal(10L, await databases[0].AskAsync("SELECT count(*) FROM broker_pins"));
    }

    [PostgresFact]
    public async Task Shards_stay_where_they_are_when_databases_are_added()
    {
        // Opened when there was one database; the last of them before there were pins.
        await ReopenAsync(named: 1);
        for (var shard = 0; shard < 5; shard++)
        {
            await AppendAsync(Key(shard));
        }

        await databases[0].ExecuteAsync("DELETE FROM broker_pins WHERE shard = 4");
        await ReopenAsync(named: 2);
        Assert.Equal(1, (await Log.PeekAsync(Key(4), default)).NextOrdinal);
        for (var shard = 0; shard < 10; shard++)
        {
            Assert.True((await AppendAsync(Key(shard))).IsCommitted);
            Assert.Equal(shard < 5 ? [0, 1] : [0], await OrdinalsAsync(Key(shard)));
        }

        var heads = await Task.WhenAll(databases.Select(HeadsAsync));
        Assert.InRange(heads[0], 6, 9);
        Assert.Equal(10, heads.Sum());
    }

    [PostgresFact]
    public async Task A_shard_whose_database_is_not_named_is_not_served_from_another()
    {
        for (var shard = 0; shard < 4; shard++)
        {
            await AppendAsync(Key(shard));
        }

        await ReopenAsync(named: 1);
        var served = 0;
        for (var shard = 0; shard < 4; shard++)
        {
            try
            {
                Assert.Equal(1, (await Log.OpenAsync(Key(shard), default)).NextOrdinal);
                served++;
            }
            catch (StorageException exception)
            {
                Assert.Contains("LogDatabases", exception.Message, StringComparison.Ordinal);
                await Assert.ThrowsAsync<StorageException>(async () => await Log.ReadBlocksAsync(Key(shard), 0, 1_000, default));
            }
        }

        Assert.Equal(2, served);
    }

    [PostgresFact]
    public async Task A_database_that_is_down_affects_its_own_shards_alone_and_is_used_again_when_it_is_back()
    {
        for (var shard = 0; shard < 4; shard++)
        {
            await AppendAsync(Key(shard));
            await AppendAsync(Key(shard, stream: 2));
        }

        await SwitchAsync(databases[1], on: false);
        foreach (var isAtStart in new[] { false, true })
        {
            if (isAtStart)
            {
                await CloseAsync();
                await OpenAsync();
            }

            // New shards too find a place when it is known to be down, and nothing is read as if it were empty.
            var outcomes = await Task.WhenAll(Enumerable.Range(0, isAtStart ? 8 : 4).Select(shard => TryOpenAsync(Key(shard))));
            Assert.Equal(2, outcomes.Count(opened => !opened));
            await Assert.ThrowsAsync<StorageException>(async () => await Log.DeleteStreamAsync(new StreamGeneration(2), default));
            await Log.DeleteStreamAsync(new StreamGeneration(3), default);
        }

        await SwitchAsync(databases[1], on: true);
        while (!await TryOpenAsync(Key(0)) || !await TryOpenAsync(Key(1)))
        {
            await Task.Yield();
        }

        await Log.DeleteStreamAsync(new StreamGeneration(2), default);
    }

    [PostgresFact]
    public async Task A_database_that_is_named_twice_is_refused()
    {
        var exception = await Assert.ThrowsAsync<StorageException>(
            () => PostgresNode.OpenAsync(databases[0].ConnectionString, logDatabases: databases[0].ConnectionString + ";Application Name=x"));
        Assert.Contains("once", exception.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Deletion_reaches_all_databases_and_leaves_no_pin()
    {
        for (var shard = 0; shard < 4; shard++)
        {
            await AppendAsync(Key(shard));
            await AppendAsync(Key(shard, stream: 2));
        }

        await Log.DeleteStreamAsync(new StreamGeneration(1), default);
        Assert.All(await Task.WhenAll(databases.Select(HeadsAsync)), heads => Assert.Equal(2, heads));
        Assert.Equal(4L, await databases[0].AskAsync("SELECT count(*) FROM broker_pins"));
        Assert.Equal(0, (await Log.OpenAsync(Key(0), default)).Epoch);
        Assert.Equal(4L, await databases[0].AskAsync("SELECT count(*) FROM broker_pins"));
    }

    protected override async Task OpenAsync()
    {
        if (databases.Count == 0)
        {
            for (var i = 0; i < 2; i++)
            {
                databases.Add(await PostgresDatabase.CreateAsync());
            }

            var options = new PostgresOptions { ConnectionString = databases[0].ConnectionString, LogDatabases = databases[1].ConnectionString };
            Assert.NotEmpty(await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(options, default));
        }

        node = await PostgresNode.OpenAsync(
            databases[0].ConnectionString, logDatabases: string.Join('|', databases[1..named].Select(database => database.ConnectionString)));
    }

    protected override async Task CloseAsync() => await node.DisposeAsync();

    private Task ReopenAsync(int named)
    {
        this.named = named;
        return ReopenAsync();
    }

    private async Task<bool> TryOpenAsync(ShardKey shard)
    {
        try
        {
            await Log.OpenAsync(shard, default);
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private static async Task<long> HeadsAsync(PostgresDatabase database) => (long)(await database.AskAsync("SELECT count(*) FROM broker_heads"))!;

    /// <summary>Lets nobody connect and ends who is, or lets them again.</summary>
    private async Task SwitchAsync(PostgresDatabase database, bool on)
    {
        await databases[0].ExecuteAsync($"ALTER DATABASE {database.Name} ALLOW_CONNECTIONS {on}");
        await databases[0].ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.Name}'");
    }
}
