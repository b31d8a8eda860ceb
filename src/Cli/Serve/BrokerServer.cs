using System.Runtime.InteropServices;
using Broker.Cli.Serve.Diagnostics;
using Broker.Cli.Serve.Telemetry;
using Broker.Contracts.Cluster;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Silo.Hosting;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Broker.Cli.Serve;

/// <summary>Composes silo and gateway into one process and runs it until a signal.</summary>
/// <remarks>Settings, each overriding the ones before: defaults, appsettings.json, <c>Broker__*</c> environment, the command line.</remarks>
internal static partial class BrokerServer
{
    /// <summary>For all of a stop but what settings say: calls end within 7 s, the silo leaves, storage is closed.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    /// <summary>Runs until SIGTERM or SIGINT, drains, and returns the process's exit code.</summary>
    /// <param name="settings">What the command's own options stand for.</param>
    /// <param name="more">Settings as <c>--Broker:Section:Name=VALUE</c>.</param>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> settings, IReadOnlyList<string> more)
    {
        // The host hears signals once it starts, and is some seconds in the making on a busy machine.
        using var stop = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        try
        {
            var builder = Configure(settings, more);
            var faults = FaultsOf(builder);
            foreach (var fault in faults)
            {
                Console.Error.WriteLine($"broker: {fault}");
            }

            if (faults.Count > 0)
            {
                return ExitCode.Failure;
            }

            await using var application = builder.Build();
            application.UseBrokerTelemetry();
            if (PartOf(builder.Configuration).IsGateway)
            {
                application.MapBrokerGateway();
            }
            else
            {
                application.MapNoGateway();
            }

            try
            {
                await application.StartAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested || application.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return ExitCode.Success; // Told to stop before it was ready: nothing has been taken in.
            }

            LogReady(
                application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Broker"),
                string.Join(", ", application.Urls),
                Place(application.Services, builder.Configuration),
                (DateTime.Now - System.Diagnostics.Process.GetCurrentProcess().StartTime).TotalSeconds);
            await application.WaitForShutdownAsync();
            return ExitCode.Success;
        }
        catch (StorageException exception)
        {
            Console.Error.WriteLine($"broker: {exception.Message}");
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            Console.Error.WriteLine($"broker: {exception.Message} Choose another address with --listen, --tls-listen or --metrics.");
        }

        return ExitCode.Failure;
    }

    /// <summary>Looks at the settings before the application is built, which throws at the first fault of those that the server needs.</summary>
    private static IReadOnlyList<string> FaultsOf(WebApplicationBuilder builder)
    {
        using var options = builder.Services.BuildServiceProvider();
        return BrokerSettings.Faults(builder.Configuration, options.GetRequiredService<IStartupValidator>());
    }

    private static WebApplicationBuilder Configure(IReadOnlyDictionary<string, string?> settings, IReadOnlyList<string> more)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings).AddCommandLine([.. more]);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // Kestrel warns of HTTP/2 without TLS, which works here.
        builder.Logging.AddFilter("Polly", LogLevel.Error);

        // A silo that stops before it has started cannot tell its own table so, and says that at length.
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService.MembershipTableManager", LogLevel.Critical);

        // Why it did not start is told by RunAsync in a line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        Compose(builder);
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<GatewayOptions>, IOptions<BalanceOptions>>(static (host, gateway, balance) =>
            host.ShutdownTimeout = gateway.Value.DrainDelay + balance.Value.DrainTimeout + StopLimit);

        builder.AddBrokerTelemetry();
        builder.Services.AddSingleton(new RecentLog(TimeProvider.System));
        builder.Services.AddSingleton<ILoggerProvider>(static services => services.GetRequiredService<RecentLog>());
        builder.Services.AddSingleton<IProcessDiagnostics>(static services =>
            new ProcessDiagnostics(services.GetRequiredService<IConfiguration>(), services.GetRequiredService<RecentLog>()));
        return builder;
    }

    private static void Compose(WebApplicationBuilder builder)
    {
        var part = PartOf(builder.Configuration);
        if (part.IsSilo)
        {
            builder.AddBrokerSilo();
        }
        else
        {
            builder.AddBrokerClusterClient();
        }

        if (part.IsGateway)
        {
            builder.AddBrokerGateway();
        }
        else
        {
            // Its health alone, for probes.
            builder.Services.AddBrokerEndpoint(builder.Configuration);
        }

        if (!builder.Configuration.IsCluster())
        {
            builder.Services.AddOptions<EncryptionOptions>().PostConfigure<IOptions<BrokerStorageOptions>>(static (encryption, storage) =>
            {
                // One process with one data directory: the broker's own key can be kept beside the data. What that protects, and what not,
                // is in docs/encryption.md. In a cluster all gateways need the same file, which only its operator can give them.
                if (encryption.ServiceKeyFile.Length == 0)
                {
                    encryption.ServiceKeyFile = Path.Combine(storage.Value.DataDirectory, "keys", "aws-kinesis.json");
                }
            });
        }
    }

    /// <summary>This process's roles: both where it is alone, or where they are wrong, which is told before anything is started.</summary>
    private static ClusterOptions PartOf(IConfiguration configuration)
    {
        var part = new ClusterOptions();
        if (configuration.IsCluster() && configuration["Broker:Cluster:Roles"] is { } roles)
        {
            part.Roles = roles;
        }

        return part.IsSilo || part.IsGateway ? part : new ClusterOptions();
    }

    private static string Place(IServiceProvider services, IConfiguration configuration) => configuration.IsCluster()
        ? $"as {PartOf(configuration).Roles} of cluster {services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId}"
        : $"data in {services.GetRequiredService<IOptions<BrokerStorageOptions>>().Value.DataDirectory}";

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready on {Addresses}, {Place}, {Seconds:F2} s after the process began.")]
    private static partial void LogReady(ILogger logger, string addresses, string place, double seconds);
}
