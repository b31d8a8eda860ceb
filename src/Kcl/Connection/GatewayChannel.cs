using Grpc.Core;
using Grpc.Net.Client;

namespace Broker.Kcl.Connection;

/// <summary>A channel to one gateway: a dead peer is found by pings within 4 s, a refused connection at once.</summary>
internal sealed class GatewayChannel : IDisposable
{
    private const int WindowBytes = 8 * 1024 * 1024;
    private readonly GrpcChannel channel;

    private GatewayChannel(GrpcChannel channel)
    {
        this.channel = channel;
        Streams = new V1.StreamService.StreamServiceClient(channel);
        Applications = new V1.ApplicationService.ApplicationServiceClient(channel);
        Invoker = channel.CreateCallInvoker();
    }

    public V1.StreamService.StreamServiceClient Streams { get; }

    public V1.ApplicationService.ApplicationServiceClient Applications { get; }

    /// <summary>For calls whose messages are not the generated ones.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Makes a channel; it connects with the first call.</summary>
    /// <param name="address">http:// or https://.</param>
    /// <param name="credentials">What calls are signed with; null for none.</param>
    /// <param name="configure">Has the last word on the handler: certificates, proxies.</param>
    public static GatewayChannel Open(Uri address, BrokerCredentials? credentials, Action<SocketsHttpHandler>? configure) =>
        new(GrpcChannel.ForAddress(address, Options(credentials, configure)));

    /// <summary>How channels to gateways are, whatever they are asked.</summary>
    /// <inheritdoc cref="Open"/>
    public static GrpcChannelOptions Options(BrokerCredentials? credentials, Action<SocketsHttpHandler>? configure)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(2),
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = WindowBytes,
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        };
        configure?.Invoke(sockets);
        return new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            HttpHandler = credentials is null ? sockets : new SigningHandler(credentials, TimeProvider.System, sockets),
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        };
    }

    public void Dispose() => channel.Dispose();
}
