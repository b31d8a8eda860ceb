using System.Globalization;
using System.Net;
using Broker.Tests.Harness.Cluster.Network;
using Npgsql;

namespace Broker.Tests.Harness.Cluster;

/// <summary>One <c>broker serve --postgres</c> of a cluster: a process, its place on the network, its way to the database.</summary>
public sealed class BrokerNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ServerProcess server = new();
    private readonly string directory = Directory.CreateTempSubdirectory("broker-node-").FullName;
    private readonly string roles;
    private readonly string clusterId;
    private readonly string[] connectionStrings;
    private readonly ClusterSetup setup;

    /// <param name="name">For reports; the silo's name too.</param>
    /// <param name="place">Its place on the network; null for loopback.</param>
    /// <param name="roles">What it does.</param>
    /// <param name="database">Its way to the database.</param>
    /// <param name="connectionStrings">The database, which it reaches by that way, and further ones of the same server for records.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="setup">What all nodes have in common.</param>
    /// <param name="hasClock">Whether its clock can be stepped.</param>
    internal BrokerNode(string name, NetworkNode? place, string roles, TcpProxy database, string[] connectionStrings, string clusterId, ClusterSetup setup, bool hasClock)
    {
        Name = name;
        Place = place;
        Database = database;
        this.roles = roles;
        Executable = setup.Executable;
        this.clusterId = clusterId;
        this.setup = setup;
        this.connectionStrings = [.. connectionStrings.Select(one => new NpgsqlConnectionStringBuilder(one)
        {
            Host = database.Address.Address.ToString(),
            Port = database.Address.Port,
        }.ConnectionString)];
        Clock = hasClock ? new SteppedClock() : null;
        GatewayPort = place is null ? BrokerProcess.FreePort() : 5567;
        SiloPort = place is null ? BrokerProcess.FreePort() : 11111;
        SiloGatewayPort = place is null ? BrokerProcess.FreePort() : 30000;
    }

    public string Name { get; }

    public NetworkNode? Place { get; }

    /// <summary>What it reaches the database by: held or slowed at will.</summary>
    public TcpProxy Database { get; }

    /// <summary>Its clock; null where it has the machine's.</summary>
    public SteppedClock? Clock { get; }

    public int GatewayPort { get; }

    public int SiloPort { get; }

    public int SiloGatewayPort { get; }

    /// <summary>Where clients reach its gateway.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://{Address}:{GatewayPort}");

    /// <summary>Arguments of its next starts alone; they override those that all nodes have.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>The build that its next starts run.</summary>
    public string Executable { get; set; }

    /// <summary>Whether it takes requests.</summary>
    public bool IsGateway => roles.Contains("gateway", StringComparison.Ordinal);

    public bool IsRunning => server.IsRunning;

    public string Output => server.Output;

    private IPAddress Address => Place?.Address ?? IPAddress.Loopback;

    /// <summary>Starts it and waits until it serves.</summary>
    public Task<TimeSpan> StartAsync()
    {
        Begin();
        return ReadyAsync();
    }

    /// <summary>Waits until it serves.</summary>
    public Task<TimeSpan> ReadyAsync() => server.ReadyAsync(Endpoint, StartLimit);

    /// <summary>Starts it.</summary>
    public void Begin()
    {
        string[] enter = Place is { Namespace: { } name } ? ["ip", "netns", "exec", name] : [];
        string[] more = connectionStrings.Length > 1 ? [$"--Broker:Postgres:LogDatabases={string.Join('|', connectionStrings.Skip(1))}"] : [];
        server.Start(
            [
                .. enter, Executable, "serve", "--postgres", connectionStrings[0], .. more, "--roles", roles, "--listen", Endpoint,
                "--silo-port", Text(SiloPort), "--silo-gateway-port", Text(SiloGatewayPort), "--advertise", Address.ToString(),
                "--cluster-id", clusterId, "--auth", "none", $"--Broker:Cluster:SiloName={Name}", .. setup.Arguments, .. Arguments,
            ],
            directory,
            new Dictionary<string, string>(setup.Variables.Concat(Clock?.Variables ?? [])));
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => server.KillAsync();

    /// <summary>SIGSTOP: it is there, and does nothing.</summary>
    public Task FreezeAsync() => server.SignalAsync("STOP");

    /// <summary>SIGCONT.</summary>
    public Task ThawAsync() => server.SignalAsync("CONT");

    /// <summary>SIGTERM, and the exit code that it ends with.</summary>
    public Task<int> DrainAsync(TimeSpan within) => server.TerminateAsync(within);

    public async ValueTask DisposeAsync()
    {
        server.Dispose();
        Clock?.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
