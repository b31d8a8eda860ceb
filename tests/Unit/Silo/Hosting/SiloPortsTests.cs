using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Storage;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Silo.Hosting;

/// <summary>A silo does not start where another one listens.</summary>
public sealed class SiloPortsTests
{
    [Fact]
    public async Task A_port_that_is_taken_is_named_with_its_option_and_a_free_one_is_left_free()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        using var free = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        free.Start();
        var options = new ClusterOptions { SiloPort = Port(free), SiloGatewayPort = Port(taken) };
        free.Stop();

        var exception = await Assert.ThrowsAsync<StorageException>(async () => await new SiloPorts(Options.Create(options)).OpenAsync(default));
        Assert.Contains(options.SiloGatewayPort.ToString(CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        Assert.Contains("--silo-gateway-port", exception.Message, StringComparison.Ordinal);

        taken.Stop();
        await new SiloPorts(Options.Create(options)).OpenAsync(default);
        await new SiloPorts(Options.Create(options)).OpenAsync(default);
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
