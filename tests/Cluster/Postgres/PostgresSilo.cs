using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Silo.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Tests.Cluster.Postgres;

/// <summary>A real silo of a cluster in this process, on a database of the test's.</summary>
public sealed class PostgresSilo : IAsyncDisposable
{
    private readonly IHost host;

    private PostgresSilo(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<PostgresSilo> StartAsync(string connectionString, params (string Key, string Value)[] settings)
    {
        var ports = FreePorts(2);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Configuration.AddInMemoryCollection(settings.Append(("Broker:Postgres:ConnectionString", connectionString))
            .Append(("Broker:Cluster:Migrate", "true"))
            .Append(("Broker:Cluster:SiloPort", ports[0].ToString(CultureInfo.InvariantCulture)))
            .Append(("Broker:Cluster:SiloGatewayPort", ports[1].ToString(CultureInfo.InvariantCulture)))
            .Select(setting => KeyValuePair.Create<string, string?>(setting.Item1, setting.Item2)));
        builder.AddBrokerSilo();
        var host = builder.Build();
        await host.StartAsync();
        return new PostgresSilo(host);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
