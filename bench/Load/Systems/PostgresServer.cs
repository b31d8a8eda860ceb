using System.Globalization;
using Broker.Load.Workbench;

namespace Broker.Load.Systems;

/// <summary>A private PostgreSQL of the installed binaries with the settings of scripts/bench-postgres, in a directory of its own.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly Workspace workspace;
    private readonly string[] control;

    private PostgresServer(Workspace workspace, string[] control, int port)
    {
        this.workspace = workspace;
        this.control = control;
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=broker;Database=postgres";
    }

    public string ConnectionString { get; }

    /// <exception cref="LoadException">PostgreSQL is not installed and cannot be.</exception>
    public static async Task<PostgresServer> StartAsync(Workspace workspace, CancellationToken cancellation)
    {
        await workspace.RunAsync(Path.Combine(workspace.Repository, "scripts", "postgres"), [], cancellation);
        var binaries = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .Where(static version => File.Exists(Path.Combine(version, "bin", "initdb")))
                .MaxBy(static version => double.Parse(Path.GetFileName(version), CultureInfo.InvariantCulture))
            : null;
        if (binaries is null)
        {
            throw new LoadException("PostgreSQL is missing (Debian: apt-get install postgresql).");
        }

        var directory = workspace.NewPath("postgres");
        var data = Path.Combine(directory, "data");
        var port = Workspace.FreePort();
        Directory.CreateDirectory(directory);
        string[] account = [];
        if (Environment.IsPrivilegedProcess)
        {
            // The server refuses to run as root.
            await workspace.RunAsync("chown", ["postgres", directory], cancellation);
            account = ["runuser", "-u", "postgres", "--"];
        }

        await RunAsync(workspace, [.. account, $"{binaries}/bin/initdb", "-D", data, "-U", "broker", "-A", "trust", "-E", "UTF8", "--locale=C"], directory, cancellation);
        await File.AppendAllTextAsync(
            Path.Combine(data, "postgresql.conf"),
            $"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{directory}'\nshared_buffers = 512MB\nmax_wal_size = 4GB\nmax_connections = 300\n",
            cancellation);
        string[] control = [.. account, $"{binaries}/bin/pg_ctl", "-D", data, "-s", "-w"];
        var server = new PostgresServer(workspace, control, port);
        await RunAsync(workspace, [.. control, "-l", Path.Combine(directory, "log"), "start"], directory, cancellation);
        return server;
    }

    public async ValueTask DisposeAsync() => await RunAsync(workspace, [.. control, "-m", "immediate", "stop"], workspace.Root, CancellationToken.None);

    private static Task<string> RunAsync(Workspace workspace, string[] command, string directory, CancellationToken cancellation) =>
        workspace.RunAsync("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>\"$0\" </dev/null || { cat \"$0\" >&2; exit 1; }", workspace.NewPath("command"), .. command], cancellation, directory);
}
