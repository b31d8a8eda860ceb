using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>Stands before a server and passes on what clients and it say: late, or for a while not at all.</summary>
/// <remarks>
/// What is held is not lost: it goes on when the way does, as what TCP sends again would. A client that ends, and a server that
/// ends, end the other side of their connection; while the way is held, they do not get to know.
/// </remarks>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Socket listener;
    private readonly Func<EndPoint> target;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> connections = [];
    private readonly Task accepting;
    private long latencyTicks;
    private volatile TaskCompletionSource? held;

    private TcpProxy(Socket listener, Func<EndPoint> target)
    {
        this.listener = listener;
        this.target = target;
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)listener.LocalEndPoint!;

    /// <summary>How much later than it came everything is passed on, in both directions. Zero at first.</summary>
    public TimeSpan Latency
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref latencyTicks));
        set => Interlocked.Exchange(ref latencyTicks, value.Ticks);
    }

    /// <param name="node">Where it listens, on a port that it takes; null for loopback.</param>
    /// <param name="target">Where it passes on to, asked for each connection.</param>
    public static TcpProxy Start(NetworkNode? node, Func<EndPoint> target) =>
        new(node?.Namespace is { } name ? NetworkNamespace.Run(name, () => Listen(node.Address)) : Listen(node?.Address ?? IPAddress.Loopback), target);

    /// <summary>Passes nothing on until <see cref="Release"/>.</summary>
    public void Hold() => held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        var releasing = held;
        held = null;
        releasing?.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Release();
        listener.Dispose();
        await accepting;
        await Task.WhenAll(connections.Values);
        stop.Dispose();
    }

    /// <summary>Waits until a piece may be passed on.</summary>
    internal async ValueTask PassAsync(long cameAt, CancellationToken cancellation)
    {
        var wait = Latency - TimeProvider.System.GetElapsedTime(cameAt);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, cancellation);
        }

        while (held is { } holding)
        {
            await holding.Task.WaitAsync(cancellation);
        }
    }

    private static Socket Listen(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen(256);
        return socket;
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(stop.Token);
                client.NoDelay = true;
                var connection = new ProxiedConnection(this, client);
                connections[connection] = RunAsync(connection);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // It stops, or a client went away before it was taken.
            }
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        await connection.RunAsync(target(), stop.Token);
        connections.TryRemove(connection, out _);
    }
}
