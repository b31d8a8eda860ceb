using System.Net;
using System.Net.Sockets;
using Broker.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Refuses to start a silo at an address where another one listens.</summary>
/// <remarks>Orleans shares the port, and takes the newcomer for a restart of the one that lives there, which it ends.</remarks>
internal sealed class SiloPorts(IOptions<ClusterOptions> options) : IStorageComponent
{
    public ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        Check(options.Value.SiloPort, "--silo-port", nameof(ClusterOptions.SiloPort));
        Check(options.Value.SiloGatewayPort, "--silo-gateway-port", nameof(ClusterOptions.SiloGatewayPort));
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private void Check(int port, string option, string setting)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Parse(options.Value.AdvertisedAddress), port);
            listener.Start();
        }
        catch (SocketException exception)
        {
            throw new StorageException(
                StorageFault.Locked,
                $"A silo cannot listen on {options.Value.AdvertisedAddress}:{port}: {exception.Message}. Choose another port with {option} (Broker:Cluster:{setting}), or another address with --advertise.",
                exception);
        }
    }
}
