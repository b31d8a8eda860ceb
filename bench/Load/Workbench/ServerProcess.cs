using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Broker.Load.Workbench;

/// <summary>A server under measurement: a process with a log file, whose processor time and memory the kernel tells.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(5);
    private readonly Process process;
    private readonly string name;
    private readonly string log;

    private ServerProcess(Process process, string name, string log)
    {
        this.process = process;
        this.name = name;
        this.log = log;
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes => ProcStatus.ResidentBytes(File.ReadAllText($"/proc/{Id}/status"));

    /// <summary>Processor seconds used so far, by all of its threads.</summary>
    public double ProcessorSeconds => ProcStatus.ProcessorSeconds(File.ReadAllText($"/proc/{Id}/stat"));

    public static ServerProcess Start(string name, string file, IEnumerable<string> arguments, string log, string directory)
    {
        // The shell becomes the server: its output goes to a file without anybody copying it.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, file, .. arguments])
        {
            WorkingDirectory = directory,
        };
        return new ServerProcess(Process.Start(start) ?? throw new LoadException($"{file} did not start."), name, log);
    }

    /// <summary>Waits until a request for <paramref name="path"/> is answered with 200; where it is null, until the port is open.</summary>
    public async Task AwaitAsync(int port, string? path, CancellationToken cancellation)
    {
        for (var clock = Stopwatch.StartNew(); !await AnswersAsync(port, path, cancellation);)
        {
            if (process.HasExited || clock.Elapsed > ReadyWithin)
            {
                throw new LoadException($"{name} does not serve on port {port}: {await File.ReadAllTextAsync(log, cancellation)}");
            }

            await Task.Delay(BetweenProbes, cancellation);
        }
    }

    /// <summary>Asks it to end, and ends it after a while.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = Kill(Id, Terminate);
            using var patience = new CancellationTokenSource(StopWithin);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private static async Task<bool> AnswersAsync(int port, string? path, CancellationToken cancellation)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", port, cancellation);
            if (path is null)
            {
                return true;
            }

            await using var stream = socket.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET {path} HTTP/1.0\r\n\r\n")), cancellation);
            using var reader = new StreamReader(stream);
            return (await reader.ReadLineAsync(cancellation))?.Contains(" 200 ", StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
