using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>A client's connection and the one to the server that stands for it. Ends when either does.</summary>
internal sealed class ProxiedConnection(TcpProxy proxy, Socket client)
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Pieces on their way in one direction; past it the sender waits, as with a full window.</summary>
    private const int MostPieces = 64;

    public async Task RunAsync(EndPoint target, CancellationToken cancellation)
    {
        using var server = new Socket(target.AddressFamily, SocketType.Stream, target is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        using (client)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            try
            {
                await proxy.PassAsync(TimeProvider.System.GetTimestamp(), end.Token);
                await server.ConnectAsync(target, end.Token);
                var pumping = new[] { PumpAsync(client, server, end.Token), PumpAsync(server, client, end.Token) };
                await Task.WhenAny(pumping);
                await end.CancelAsync();
                await Task.WhenAll(pumping);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Refused: so is the client, by a reset.
                client.LingerState = new LingerOption(true, 0);
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var way = Channel.CreateBounded<(long CameAt, ReadOnlyMemory<byte> Bytes)>(MostPieces);
        var passing = PassAsync(way.Reader, to, cancellation);
        try
        {
            while (true)
            {
                var buffer = new byte[PieceBytes];
                var read = await from.ReceiveAsync(buffer, cancellation);
                if (read == 0)
                {
                    break;
                }

                await way.Writer.WriteAsync((TimeProvider.System.GetTimestamp(), buffer.AsMemory(0, read)), cancellation);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Either side ended.
        }

        way.Writer.Complete();
        await passing;
    }

    private async Task PassAsync(ChannelReader<(long CameAt, ReadOnlyMemory<byte> Bytes)> way, Socket to, CancellationToken cancellation)
    {
        try
        {
            await foreach (var (cameAt, bytes) in way.ReadAllAsync(cancellation))
            {
                await proxy.PassAsync(cameAt, cancellation);
                for (var rest = bytes; rest.Length > 0;)
                {
                    rest = rest[await to.SendAsync(rest, cancellation)..];
                }
            }

            // The end comes as late as what was before it, and is held as that is.
            await proxy.PassAsync(TimeProvider.System.GetTimestamp(), cancellation);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Either side ended.
        }
    }
}
