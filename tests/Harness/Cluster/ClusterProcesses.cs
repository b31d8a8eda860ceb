using System.Diagnostics;
using System.Globalization;
using System.Net;
using Broker.Tests.Harness.Cluster.Network;
using Broker.Tests.Harness.Postgres;
using Npgsql;

namespace Broker.Tests.Harness.Cluster;

/// <summary>A cluster of real processes on a PostgreSQL of its own: nodes come, go, freeze and are cut off. Everything ends on disposal.</summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly ClusterSetup setup;
    private readonly string clusterId = $"test-{Guid.NewGuid():N}"[..16];
    private readonly List<BrokerNode> nodes = [];
    private readonly List<PostgresServer> servers;
    private readonly List<PostgresDatabase> databases;
    private int added;

    private ClusterProcesses(ClusterSetup setup, PostgresServer server, PostgresDatabase database, ClusterNetwork? network, NetworkNode? databasePlace)
    {
        this.setup = setup;
        Database = database;
        Server = server;
        servers = [server];
        databases = [database];
        Network = network;
        DatabasePlace = databasePlace;
    }

    /// <summary>The database's server; after <see cref="FailOverAsync"/> another.</summary>
    public PostgresServer Server { get; private set; }

    /// <summary>The network between the nodes; null where they are on loopback.</summary>
    public ClusterNetwork? Network { get; }

    /// <summary>Where silos find the database; null on loopback.</summary>
    public NetworkNode? DatabasePlace { get; }

    /// <summary>Every node so far, running or not.</summary>
    public IReadOnlyList<BrokerNode> Nodes => nodes;

    /// <summary>The database as a client of this process reaches it.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>All that records are in; the first is <see cref="Database"/>, which has all else too.</summary>
    public IReadOnlyList<PostgresDatabase> Databases => databases;

    public IEnumerable<BrokerNode> Running => nodes.Where(node => node.IsRunning);

    /// <summary>What every node has printed, for the message of a failed test.</summary>
    public string Output => string.Join('\n', nodes.Select(node => $"=== {node.Name}, {(node.IsRunning ? "running" : "not running")}\n{node.Output}"));

    /// <summary>Starts the database, brings it up to this release, and starts all nodes.</summary>
    public static async Task<ClusterProcesses> StartAsync(ClusterSetup setup)
    {
        var network = setup.IsIsolated && ClusterNetwork.Absence is null ? await ClusterNetwork.CreateAsync() : null;
        var server = await PostgresServer.StartAsync(setup.DatabaseMegabytes);
        if (setup.DatabaseAuthority is { } authority)
        {
            await server.UseTlsAsync(authority);
        }

        if (setup.IsArchived)
        {
            await server.ArchiveAsync();
        }

        var cluster = new ClusterProcesses(
            setup, server, await PostgresDatabase.CreateAsync(server), network, network is null ? null : await network.AddAsync());
        try
        {
            for (var i = 0; i < setup.LogDatabases; i++)
            {
                cluster.databases.Add(await PostgresDatabase.CreateAsync(server));
            }

            await cluster.MigrateAsync(setup.Executable);
            if (setup.IsAtFirstLevel)
            {
                await cluster.Database.ExecuteAsync("DELETE FROM broker_migrations WHERE scriptname LIKE 'level-%'");
            }

            for (var i = 0; i < setup.Gateways + setup.Silos + setup.Spares; i++)
            {
                await cluster.MakeAsync();
            }

            foreach (var node in cluster.nodes.Take(setup.Gateways + setup.Silos))
            {
                node.Begin();
            }

            await Task.WhenAll(cluster.Running.Select(node => node.ReadyAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds another silo, with a gateway where they are not apart, and waits until it serves.</summary>
    public async Task<BrokerNode> AddAsync()
    {
        var node = await MakeAsync();
        await node.StartAsync();
        return node;
    }

    /// <summary>Starts a standby that every commit waits for from now on.</summary>
    public async Task<PostgresServer> AddStandbyAsync()
    {
        var standby = await Server.StartStandbyAsync();
        servers.Add(standby);
        await using var primary = NpgsqlDataSource.Create(Server.ConnectionString + ";Database=postgres;Pooling=false");
        await using (var set = primary.CreateCommand("ALTER SYSTEM SET synchronous_standby_names = 'standby'"))
        {
            await set.ExecuteNonQueryAsync();
        }

        await using var follows = primary.CreateCommand("SELECT pg_reload_conf(), EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')");
        for (var synchronous = false; !synchronous; await Task.Delay(50))
        {
            await using var answer = await follows.ExecuteReaderAsync();
            await answer.ReadAsync();
            synchronous = answer.GetBoolean(1);
        }

        return standby;
    }

    /// <summary>Kills the server and promotes the standby, to which the database's address then leads.</summary>
    public async Task FailOverAsync(PostgresServer standby)
    {
        await Server.KillAsync();
        await standby.PromoteAsync();
        Server = standby;
    }

    /// <summary>Brings the database up to a build's release.</summary>
    public async Task MigrateAsync(string executable)
    {
        var start = new ProcessStartInfo(executable, ["migrate", .. ConnectionStrings.SelectMany(static one => new[] { "--postgres", one })]) { RedirectStandardError = true };
        using var migrate = Process.Start(start)!;
        var fault = await migrate.StandardError.ReadToEndAsync();
        await migrate.WaitForExitAsync();
        if (migrate.ExitCode != 0)
        {
            throw new InvalidOperationException($"broker migrate ended with {migrate.ExitCode}: {fault}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        if (Network is not null)
        {
            await Network.DisposeAsync();
        }
    }

    private string[] ConnectionStrings => [.. databases.Select(database => setup.DatabaseAuthority is { } authority
        ? $"{database.ConnectionString};SSL Mode=VerifyFull;Root Certificate={authority.AuthorityFile}" : database.ConnectionString)];

    private async Task<BrokerNode> MakeAsync()
    {
        var place = Network is null ? null : await Network.AddAsync();
        var node = new BrokerNode(
            string.Create(CultureInfo.InvariantCulture, $"silo-{added}"), place,
            setup.Gateways == 0 ? "silo,gateway" : added < setup.Gateways ? "gateway" : "silo",
            TcpProxy.Start(DatabasePlace, Target), ConnectionStrings, clusterId, setup,
            setup.HasSteppedClock && SteppedClock.Absence is null && added == 1);
        added++;
        nodes.Add(node);
        return node;
    }

    /// <summary>Where the database is now.</summary>
    private IPEndPoint Target()
    {
        var server = new NpgsqlConnectionStringBuilder(Server.ConnectionString);
        return new IPEndPoint(IPAddress.Parse(server.Host!), server.Port);
    }
}
