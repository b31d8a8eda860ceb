using System.Net;
using System.Net.Sockets;
using Broker.Tests.Harness.Cluster.Network;
using Xunit;

namespace Broker.Tests.Cluster.Network;

/// <summary>The faults that tests make of networks are those that they say.</summary>
public sealed class ClusterNetworkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Longer than anything takes on a way that is whole.</summary>
    private static readonly TimeSpan AWhile = TimeSpan.FromMilliseconds(500);

    [NetworkFact]
    public async Task Each_direction_is_cut_and_healed_by_itself_and_nothing_is_said_to_either()
    {
        await using var network = await ClusterNetwork.CreateAsync();
        var node = await network.AddAsync();
        using var echo = Echo(IPAddress.Loopback);
        await using var proxy = TcpProxy.Start(node, () => echo.LocalEndpoint);
        using var client = await ConnectAsync(proxy);
        Assert.Equal(1, await SayAsync(client, 1));

        foreach (var (from, to, number) in new[] { (network.Here, node, (byte)2), (node, network.Here, (byte)3) })
        {
            await network.CutAsync(from, to);
            var answer = SayAsync(client, number);
            Assert.NotEqual(answer, await Task.WhenAny(answer, Task.Delay(AWhile)));
            await network.HealAsync(from, to);
            Assert.Equal(number, await answer.WaitAsync(Patience));
        }

        await network.UnplugAsync(node);
        var late = SayAsync(client, 4);
        Assert.NotEqual(late, await Task.WhenAny(late, Task.Delay(AWhile)));
        await network.PlugAsync(node);
        Assert.Equal(4, await late.WaitAsync(Patience));
    }

    [NetworkFact]
    public async Task A_node_is_slowed_and_goes_on_as_before()
    {
        await using var network = await ClusterNetwork.CreateAsync();
        var node = await network.AddAsync();
        using var echo = Echo(IPAddress.Loopback);
        await using var proxy = TcpProxy.Start(node, () => echo.LocalEndpoint);
        using var client = await ConnectAsync(proxy);
        await network.SlowAsync(node, TimeSpan.FromMilliseconds(200));
        var began = TimeProvider.System.GetTimestamp();
        await SayAsync(client, new byte[600_000]);
        Assert.True(TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMilliseconds(150));
        await network.HurryAsync(node);
        Assert.Equal(1, await SayAsync(client, 1));
    }

    [Fact]
    public async Task A_proxy_passes_on_late_and_while_it_holds_not_at_all_and_loses_nothing()
    {
        using var echo = Echo(IPAddress.Loopback);
        await using var proxy = TcpProxy.Start(null, () => echo.LocalEndpoint);
        using var client = await ConnectAsync(proxy);
        Assert.Equal(1, await SayAsync(client, 1));
        proxy.Latency = TimeSpan.FromMilliseconds(60);
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(2, await SayAsync(client, 2));

        // Two ways of 60 ms; the system's timers may end a tick early.
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(100));
        proxy.Latency = TimeSpan.Zero;
        proxy.Hold();
        var answer = SayAsync(client, 3);
        Assert.NotEqual(answer, await Task.WhenAny(answer, Task.Delay(AWhile)));
        proxy.Release();
        Assert.Equal(3, await answer.WaitAsync(Patience));
        echo.Stop();

        // The end may come before the connection's beginning is told, or after it.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var refused = await ConnectAsync(proxy);
            await refused.ReceiveAsync(new byte[1]).WaitAsync(Patience);
        });
    }

    private static async Task<Socket> ConnectAsync(TcpProxy proxy)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.Address);
        return client;
    }

    private static async Task<byte> SayAsync(Socket client, params byte[] what)
    {
        await client.SendAsync(what);
        var heard = new byte[1];
        for (var i = 0; i < what.Length; i++)
        {
            Assert.Equal(1, await client.ReceiveAsync(heard));
        }

        return heard[0];
    }

    private static TcpListener Echo(IPAddress address)
    {
        var listener = new TcpListener(address, 0);
        listener.Start();
        _ = RunAsync();
        return listener;

        async Task RunAsync()
        {
            try
            {
                using var socket = await listener.AcceptSocketAsync();
                var buffer = new byte[4096];
                while (await socket.ReceiveAsync(buffer) is var read && read > 0)
                {
                    await socket.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
