using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Broker.V1;
using Grpc.Net.Client;

namespace Broker.Tests.Harness;

/// <summary>The real executable on a data directory of its own: started, killed without warning, started again.</summary>
public sealed class BrokerProcess : IDisposable
{
    private readonly string[] arguments;
    private readonly StringBuilder output = new();
    private Process? process;

    public BrokerProcess(params string[] arguments)
    {
        this.arguments = arguments;
        DataDirectory = Directory.CreateTempSubdirectory("broker-fault-").FullName;
        Port = FreePort();
    }

    public string DataDirectory { get; }

    public int Port { get; }

    public string Endpoint => $"http://127.0.0.1:{Port}";

    public static string Executable { get; } = Path.GetFullPath(typeof(BrokerProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "BrokerExecutable").Value!);

    /// <summary>What the process has printed, for the message of a failed test.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Environment variables of the processes to come.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public int ProcessId => process!.Id;

    /// <summary>Starts it and waits until it serves.</summary>
    public async Task<TimeSpan> StartAsync()
    {
        var started = Stopwatch.GetTimestamp();
        process = Launch("serve", "--data", DataDirectory, "--listen", Endpoint);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"broker serve ended with {process.ExitCode} before it served:\n{Output}");
            }

            try
            {
                using var answer = await http.GetAsync(new Uri($"{Endpoint}/healthz"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return Stopwatch.GetElapsedTime(started);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
            }

            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"broker serve did not serve within 30 s:\n{Output}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Runs the executable with other arguments and gathers its output; the caller waits for its end.</summary>
    public Process Launch(params string[] commandLine)
    {
        var start = new ProcessStartInfo(Executable, [.. commandLine, .. commandLine[0] == "serve" ? arguments : []])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = DataDirectory,
        };
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        var launched = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        launched.OutputDataReceived += Keep;
        launched.ErrorDataReceived += Keep;
        launched.BeginOutputReadLine();
        launched.BeginErrorReadLine();
        return launched;

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        }
    }

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>SIGTERM, and the exit code that it ends with.</summary>
    public async Task<int> TerminateAsync(TimeSpan within)
    {
        using var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var timeout = new CancellationTokenSource(within);
        await process.WaitForExitAsync(timeout.Token);
        var code = process.ExitCode;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>A channel that gives up soon: the process at its other end comes and goes.</summary>
    public GrpcChannel Connect() => GrpcChannel.ForAddress(Endpoint, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = 64 * 1024 * 1024,
        MaxSendMessageSize = 64 * 1024 * 1024,
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(1) },
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
    });

    public static async Task WaitUntilActiveAsync(StreamService.StreamServiceClient streams, string name)
    {
        for (var i = 0; i < 500; i++)
        {
            var summary = await streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name });
            if (summary.Stream.Status == StreamStatus.Active)
            {
                return;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"Stream {name} did not become ACTIVE within 10 s.");
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }

        process?.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
