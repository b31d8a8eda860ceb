namespace Broker.Kcl.Connection;

/// <summary>The gateways of a cluster, one in use at a time.</summary>
internal sealed class Gateways : IDisposable
{
    private readonly Uri[] addresses;
    private readonly BrokerCredentials? credentials;
    private readonly Action<SocketsHttpHandler>? configure;
    private readonly Lock gate = new();
    private GatewayChannel? current;
    private int index;
    private bool disposed;

    public Gateways(IEnumerable<Uri> endpoints, BrokerCredentials? credentials, Action<SocketsHttpHandler>? configure)
    {
        addresses = [.. endpoints];
        addresses = addresses.Length == 0 ? [new Uri("http://127.0.0.1:4567")] : addresses;
        this.credentials = credentials;
        this.configure = configure;

        // Producers of one configuration do not all begin at the same gateway.
        index = Random.Shared.Next(addresses.Length);
    }

    /// <summary>The gateway in use.</summary>
    public GatewayChannel Current
    {
        get
        {
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return current ??= GatewayChannel.Open(addresses[index], credentials, configure);
            }
        }
    }

    /// <summary>Leaves a gateway that was lost for the next one, where there is another.</summary>
    public void MoveOn()
    {
        lock (gate)
        {
            if (addresses.Length > 1)
            {
                index = (index + 1) % addresses.Length;
                current?.Dispose();
                current = null;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            current?.Dispose();
        }
    }
}
