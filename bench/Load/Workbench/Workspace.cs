using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Broker.Load.Workbench;

/// <summary>A temporary directory and the processes that work in it; all are gone when it is disposed of.</summary>
internal sealed class Workspace : IAsyncDisposable
{
    private readonly List<ServerProcess> servers = [];
    private int numbered;

    /// <param name="parent">Where its directory is made.</param>
    /// <param name="repository">Root of the repository.</param>
    public Workspace(string parent, string repository)
    {
        Repository = repository;
        Root = Path.Combine(parent, $"broker-bench.{Guid.NewGuid().ToString("N")[..8]}");
        Directory.CreateDirectory(Root);
        if (!OperatingSystem.IsWindows())
        {
            // A server that refuses to run as root has to reach its own directory below.
            File.SetUnixFileMode(Root, File.GetUnixFileMode(Root) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        }
    }

    public string Repository { get; }

    public string Root { get; }

    /// <summary>A port of 127.0.0.1 on which nobody listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A directory that does not exist yet, for a server's data.</summary>
    public string NewPath(string name) => Path.Combine(Root, $"{name}-{Interlocked.Increment(ref numbered)}");

    /// <summary>Starts a server, which is stopped with this at the latest.</summary>
    public ServerProcess Start(string name, string file, IEnumerable<string> arguments, string? directory = null)
    {
        var server = ServerProcess.Start(name, file, arguments, $"{NewPath(name)}.log", directory ?? Root);
        lock (servers)
        {
            servers.Add(server);
        }

        return server;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="LoadException">It failed.</exception>
    public async Task<string> RunAsync(string file, IEnumerable<string> arguments, CancellationToken cancellation, string? directory = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = directory ?? Repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new LoadException($"{file} did not start.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0
                ? await output
                : throw new LoadException($"{Path.GetFileName(file)} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {await errors}{await output}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The last first: a broker before its database.
        foreach (var server in Enumerable.Reverse(servers))
        {
            await server.DisposeAsync();
        }

        Directory.Delete(Root, recursive: true);
    }
}
