using Broker.V1;
using Grpc.Net.Client;

namespace Broker.Cli.Client;

/// <summary>A channel to the broker and its services' clients.</summary>
/// <remarks>
/// A dead peer is found by pings within 20 s, a refused connection at once; receive windows are large, so that neither a catch-up
/// read nor a subscription waits for a round trip.
/// </remarks>
internal sealed class BrokerConnection : IDisposable
{
    private const int WindowBytes = 8 * 1024 * 1024;
    private readonly GrpcChannel channel;

    private BrokerConnection(GrpcChannel channel)
    {
        this.channel = channel;
        Streams = new StreamService.StreamServiceClient(channel);
        Records = new RecordService.RecordServiceClient(channel);
        Invoker = channel.CreateCallInvoker();
    }

    public StreamService.StreamServiceClient Streams { get; }

    public RecordService.RecordServiceClient Records { get; }

    /// <summary>For calls whose messages are not the generated ones.</summary>
    public Grpc.Core.CallInvoker Invoker { get; }

    /// <summary>Makes a channel; it connects with the first call. Each has TCP connections of its own.</summary>
    public static BrokerConnection Open(Uri endpoint) => new(GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(2),
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = WindowBytes,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        },
    }));

    public void Dispose() => channel.Dispose();
}
