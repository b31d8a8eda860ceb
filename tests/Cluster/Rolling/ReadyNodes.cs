using System.Net;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Cluster.Network;

namespace Broker.Tests.Cluster.Rolling;

/// <summary>A balancer before the gateways as Kubernetes' Service is one: new connections go to the nodes that are ready, in turn.</summary>
internal sealed class ReadyNodes : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<BrokerNode> ready;
    private readonly TcpProxy proxy;
    private int next;

    public ReadyNodes(IEnumerable<BrokerNode> nodes)
    {
        ready = [.. nodes];
        proxy = TcpProxy.Start(null, Next);
    }

    public Uri Address => new($"http://{proxy.Address}");

    public void Add(BrokerNode node)
    {
        lock (gate)
        {
            ready.Add(node);
        }
    }

    public void Remove(BrokerNode node)
    {
        lock (gate)
        {
            ready.Remove(node);
        }
    }

    public ValueTask DisposeAsync() => proxy.DisposeAsync();

    private EndPoint Next()
    {
        lock (gate)
        {
            var node = ready[next++ % ready.Count];
            var address = new Uri(node.Endpoint);
            return new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
        }
    }
}
