using Broker.Load.Results;
using Broker.Load.Workbench;

namespace Broker.Load.Systems;

/// <summary>Where scenarios find the systems that they measure; publishes and installs what is needed once a run.</summary>
internal sealed class Testbed(LoadOptions options, Workspace workspace, Action<string> tell, CancellationToken cancellation)
{
    private const string KinesaliteVersion = "3.3.3";
    private string? binary;
    private string? kinesalite;

    public LoadOptions Options { get; } = options;

    public Workspace Workspace { get; } = workspace;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>A turn's length as an argument.</summary>
    public string Seconds { get; } = options.Turn.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Seconds of a turn whose latencies are not counted, as an argument.</summary>
    public string WarmUp { get; } = Math.Min(2, options.Turn.TotalSeconds / 3).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Tells whoever waits what goes on.</summary>
    public void Tell(string what) => tell(what);

    /// <summary>The published broker.</summary>
    public async Task<string> BinaryAsync()
    {
        if (binary is not null)
        {
            return binary;
        }

        var directory = Options.Binaries ?? Path.Combine(Workspace.Root, "bin");
        if (Options.Binaries is null)
        {
            Tell("publishing the broker");
            await Workspace.RunAsync("dotnet", ["publish", "src/Cli", "-c", "Release", "-v", "quiet", "-nologo", "-o", directory], Cancellation);
        }

        var file = Path.GetFullPath(Path.Combine(directory, "broker"));
        return binary = File.Exists(file) ? file : throw new LoadException($"--bin: there is no published broker at {file}.");
    }

    /// <summary>Builds a program of bench/.</summary>
    /// <returns>Its executable.</returns>
    public async Task<string> ProgramAsync(string project)
    {
        await Workspace.RunAsync("dotnet", ["build", $"bench/{project}", "-c", "Release", "-v", "quiet", "-nologo"], Cancellation);
        return Path.Combine(Workspace.Repository, "bench", project, "bin", "Release", "net10.0", $"Broker.{project}");
    }

    /// <summary>A broker with everything in one directory, which is gone with it.</summary>
    public async Task<BrokerServer> StartBrokerAsync(params string[] settings)
    {
        var data = Workspace.NewPath("broker");
        return await StartAsync(data, settings);
    }

    /// <summary>A broker on a PostgreSQL.</summary>
    public async Task<BrokerServer> StartBrokerAsync(PostgresServer postgres)
    {
        await Workspace.RunAsync(await BinaryAsync(), ["migrate", "--postgres", postgres.ConnectionString], Cancellation);
        var data = Workspace.NewPath("silo");
        return await StartAsync(
            data,
            "--postgres", postgres.ConnectionString,
            "--roles", "silo,gateway",
            "--silo-port", $"{Workspace.FreePort()}",
            "--silo-gateway-port", $"{Workspace.FreePort()}",
            "--advertise", "127.0.0.1");
    }

    /// <summary>kinesalite by npm, in memory, its default.</summary>
    public async Task<PeerServer> StartKinesaliteAsync()
    {
        var npm = DebianPackage.Find("npm") ?? throw new LoadException("npm is missing, which installs kinesalite.");
        if (kinesalite is null)
        {
            Tell($"installing kinesalite {KinesaliteVersion}");
            kinesalite = Path.Combine(Workspace.Root, "kinesalite");
            await Workspace.RunAsync(npm, ["install", "--prefix", kinesalite, "--no-save", "--no-audit", "--no-fund", "--loglevel=error", $"kinesalite@{KinesaliteVersion}"], Cancellation);
        }

        var port = Workspace.FreePort();
        var script = $"require('kinesalite')({{ createStreamMs: 10, deleteStreamMs: 10, shardLimit: 1000 }}).listen({port}, '127.0.0.1')";
        var process = Workspace.Start("kinesalite", DebianPackage.Find("node") ?? "node", ["-e", script], kinesalite);
        await process.AwaitAsync(port, null, Cancellation);
        return new PeerServer(port, process);
    }

    /// <summary>JetStream of Debian's nats-server, which syncs its files every two minutes by default.</summary>
    /// <param name="isSynced">Sync before each acknowledgement instead.</param>
    /// <exception cref="LoadException">It is missing, or too old to sync.</exception>
    public async Task<PeerServer> StartNatsAsync(bool isSynced)
    {
        var file = await DebianPackage.FindAsync(Workspace, "nats-server", "nats-server", Cancellation);
        var port = Workspace.FreePort();
        var directory = Workspace.NewPath("nats");
        var configuration = $"{directory}.conf";
        await File.WriteAllTextAsync(
            configuration, $"listen: 127.0.0.1:{port}\njetstream {{\n  store_dir: '{directory}'\n{(isSynced ? "  sync_interval: always\n" : "")}}}\n", Cancellation);
        try
        {
            await Workspace.RunAsync(file, ["-t", "-c", configuration], Cancellation);
        }
        catch (LoadException e)
        {
            throw new LoadException($"{(await Workspace.RunAsync(file, ["--version"], Cancellation)).Trim()} refuses its settings: {e.Message.Trim().Split(": ")[^1]}");
        }

        var process = Workspace.Start("nats", file, ["-c", configuration]);
        await process.AwaitAsync(port, null, Cancellation);
        return new PeerServer(port, process);
    }

    /// <summary>Debian's redis-server, which syncs its append-only file before it answers.</summary>
    public async Task<PeerServer> StartRedisAsync()
    {
        var file = await DebianPackage.FindAsync(Workspace, "redis-server", "redis-server", Cancellation);
        var port = Workspace.FreePort();
        var directory = Workspace.NewPath("redis");
        Directory.CreateDirectory(directory);
        var process = Workspace.Start(
            "redis",
            file,
            [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory, "--save", "",
                "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
            ]);
        await process.AwaitAsync(port, null, Cancellation);
        return new PeerServer(port, process);
    }

    /// <summary>Runs turns of all contenders, one after another, round by round, so that what drifts meets all alike.</summary>
    /// <returns>A figure each, in their order.</returns>
    public async Task<IReadOnlyList<Figure>> AlternateAsync(string unit, params IReadOnlyList<Contender> contenders)
    {
        var turns = contenders.Select(static _ => new List<Turn>()).ToArray();
        foreach (var contender in contenders)
        {
            // Not counted: servers that compile or fill caches as they go have had the time for it.
            await contender.TurnAsync("1");
        }

        for (var round = 1; round <= Options.Rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                Cancellation.ThrowIfCancellationRequested();
                var turn = await contenders[i].TurnAsync(Seconds);
                turns[i].Add(turn);
                Tell($"round {round} of {Options.Rounds}, {contenders[i].System}: {Rounding.Text(turn.Value)} {unit}");
            }
        }

        return [.. contenders.Select((contender, i) => Figure.Of(contender.System, contender.Durability, unit, turns[i]))];
    }

    private async Task<BrokerServer> StartAsync(string data, params string[] settings)
    {
        var file = await BinaryAsync();
        var port = Workspace.FreePort();
        var endpoint = $"http://127.0.0.1:{port}";
        var process = Workspace.Start("broker", file, ["serve", "--data", data, "--listen", endpoint, "--limits", "unlimited", .. settings]);
        await process.AwaitAsync(port, "/healthz", Cancellation);
        return new BrokerServer(Workspace, file, endpoint, process, data, Cancellation);
    }
}
