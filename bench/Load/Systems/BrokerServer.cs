using System.Diagnostics;
using Broker.Load.Workbench;

namespace Broker.Load.Systems;

/// <summary>A broker under measurement, its limits lifted, and the commands that load it.</summary>
internal sealed class BrokerServer(Workspace workspace, string binary, string endpoint, ServerProcess process, string data, CancellationToken cancellation) : IAsyncDisposable
{
    /// <summary>What its acknowledgements mean when it is embedded.</summary>
    public const string Embedded = "durable: every acknowledgement synced to the disk (O_DSYNC)";

    /// <summary>What they mean on a PostgreSQL.</summary>
    public const string Postgres = "durable: committed in PostgreSQL with fsync and synchronous_commit";

    public string Endpoint { get; } = endpoint;

    public ServerProcess Process { get; } = process;

    /// <summary>Makes a stream of so many shards, which stay as many.</summary>
    public Task MakeStreamAsync(string name, int shards) => CommandAsync(["stream", "create", name, "--shards", $"{shards}"]);

    /// <summary>Runs <c>broker bench</c> with these arguments against it.</summary>
    public async Task<LoadFigures> BenchAsync(params IEnumerable<string> arguments) => LoadFigures.Parse(await CommandAsync(["bench", .. arguments]));

    /// <summary>Runs <c>broker bench</c> of this build against a peer.</summary>
    /// <param name="peer">Its address.</param>
    /// <param name="arguments">The load.</param>
    public async Task<LoadFigures> BenchPeerAsync(string peer, params IEnumerable<string> arguments) =>
        LoadFigures.Parse(await workspace.RunAsync(binary, ["bench", .. arguments, "--endpoint", peer, "-o", "json"], cancellation));

    /// <summary>Starts such a load, which runs beside others until it is stopped.</summary>
    public ServerProcess StartBench(string name, params IEnumerable<string> arguments) =>
        workspace.Start(name, binary, ["bench", .. arguments, "--endpoint", Endpoint, "-o", "json"]);

    /// <summary>Has the system forget what it keeps of the data's files in memory.</summary>
    public async Task EvictAsync()
    {
        foreach (var file in Files())
        {
            await workspace.RunAsync("dd", [$"of={file.FullName}", "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], cancellation);
        }
    }

    /// <summary>Reads the data's files from their beginning to their end, and does nothing else.</summary>
    /// <returns>MB a second.</returns>
    public async Task<double> ReadFilesAsync()
    {
        long bytes = 0;
        var began = Stopwatch.GetTimestamp();
        foreach (var file in Files())
        {
            bytes += file.Length;
            await workspace.RunAsync("dd", [$"if={file.FullName}", "of=/dev/null", "bs=1M"], cancellation);
        }

        return bytes / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private IEnumerable<FileInfo> Files() => new DirectoryInfo(data).EnumerateFiles("*", SearchOption.AllDirectories).Where(static file => file.Length > 1 << 20);

    private Task<string> CommandAsync(IEnumerable<string> arguments) =>
        workspace.RunAsync(binary, [.. arguments, "--endpoint", Endpoint, "-o", "json"], cancellation);
}
