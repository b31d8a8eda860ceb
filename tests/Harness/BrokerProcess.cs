using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Broker.V1;
using Grpc.Net.Client;

namespace Broker.Tests.Harness;

/// <summary>The real executable on a data directory of its own: started, killed without warning, started again.</summary>
public sealed class BrokerProcess : IDisposable
{
    private readonly string[] arguments;
    private readonly ServerProcess server = new();

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
    public string Output => server.Output;

    /// <summary>Environment variables of the processes to come.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public int ProcessId => server.ProcessId;

    /// <summary>Starts it and waits until it serves.</summary>
    public Task<TimeSpan> StartAsync()
    {
        server.Start([Executable, "serve", "--data", DataDirectory, "--listen", Endpoint, .. arguments], DataDirectory, Variables);
        return server.ReadyAsync(Endpoint, TimeSpan.FromSeconds(30));
    }

    /// <summary>Runs the executable with other arguments and gathers its output; the caller waits for its end.</summary>
    public Process Launch(params string[] commandLine) =>
        server.Launch([Executable, .. commandLine, .. commandLine[0] == "serve" ? arguments : []], DataDirectory, Variables);

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public Task KillAsync() => server.KillAsync();

    /// <summary>SIGTERM, and the exit code that it ends with.</summary>
    public Task<int> TerminateAsync(TimeSpan within) => server.TerminateAsync(within);

    /// <summary>A channel that gives up soon: the process at its other end comes and goes.</summary>
    public GrpcChannel Connect() => Connect(Endpoint);

    /// <inheritdoc cref="Connect()"/>
    public static GrpcChannel Connect(string endpoint) => GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
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
        server.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
