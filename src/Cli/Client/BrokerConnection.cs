using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Broker.Kcl.Connection;
using Broker.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;

namespace Broker.Cli.Client;

/// <summary>A channel to the broker and its services' clients.</summary>
/// <remarks>Receive windows are large, so that neither a catch-up read nor a subscription waits for a round trip.</remarks>
internal sealed class BrokerConnection : IDisposable
{
    private readonly GrpcChannel channel;

    private BrokerConnection(GrpcChannel channel)
    {
        this.channel = channel;
        Streams = new StreamService.StreamServiceClient(channel);
        Records = new RecordService.RecordServiceClient(channel);
        Cluster = new ClusterService.ClusterServiceClient(channel);
        Applications = new ApplicationService.ApplicationServiceClient(channel);
        Invoker = channel.CreateCallInvoker();
    }

    public StreamService.StreamServiceClient Streams { get; }

    public RecordService.RecordServiceClient Records { get; }

    public ApplicationService.ApplicationServiceClient Applications { get; }

    public ClusterService.ClusterServiceClient Cluster { get; }

    /// <summary>For calls whose messages are not the generated ones.</summary>
    public Grpc.Core.CallInvoker Invoker { get; }

    /// <summary>Makes a channel; it connects with the first call. Each has TCP connections of its own.</summary>
    public static BrokerConnection Open(BrokerEndpoint endpoint)
    {
        var options = GatewayChannel.Options(endpoint.Credentials, handler => handler.SslOptions = SslOptions(endpoint));
        return new BrokerConnection(endpoint.Others.Count == 0 ? GrpcChannel.ForAddress(endpoint.Address, options) : Balanced(endpoint, options));
    }

    public void Dispose() => channel.Dispose();

    /// <summary>A channel over several gateways: each call goes to the next that is connected.</summary>
    private static GrpcChannel Balanced(BrokerEndpoint endpoint, GrpcChannelOptions options)
    {
        Uri[] all = [endpoint.Address, .. endpoint.Others];
        options.Credentials = endpoint.Address.Scheme == Uri.UriSchemeHttps ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure;
        options.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        options.ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => all.Select(address => new BalancerAddress(address.Host, address.Port))))
            .BuildServiceProvider();
        return GrpcChannel.ForAddress("static:///gateways", options);
    }

    /// <summary>The certificates that an endpoint is spoken to with.</summary>
    public static SslClientAuthenticationOptions SslOptions(BrokerEndpoint endpoint)
    {
        var options = new SslClientAuthenticationOptions();
        if (endpoint.Certificate is { } certificate)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        }

        if (endpoint.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
