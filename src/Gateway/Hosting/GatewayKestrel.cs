using System.Net;
using Broker.Gateway.Hosting.Tls;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Sets Kestrel up: the one endpoint for HTTP/1.1 and HTTP/2, in clear text with prior knowledge or by TLS, and a second one for TLS; windows for bulk.</summary>
internal sealed class GatewayKestrel(
    IOptions<GatewayOptions> options, IOptions<TlsOptions> tls, IServiceProvider services, TimeProvider clock) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions kestrel)
    {
        var gateway = options.Value;
        kestrel.AddServerHeader = false;
        // Cleartext HTTP/2 passes as TLS to Kestrel, whose requests say http all the same.
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        var http2 = kestrel.Limits.Http2;
        http2.InitialStreamWindowSize = gateway.Http2StreamWindowBytes;
        http2.InitialConnectionWindowSize = gateway.Http2ConnectionWindowBytes;
        http2.MaxFrameSize = 256 * 1024;
        http2.MaxStreamsPerConnection = 1_000;
        http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        var sniffer = new ProtocolSniffer(gateway.SilentConnectionTimeout, clock);
        if (!gateway.TryGetEndPoint(out var endPoint))
        {
            throw new InvalidOperationException($"Broker:Gateway:Listen is '{gateway.Listen}', which its validator lets through and nobody can listen on.");
        }

        if (gateway.IsHttps)
        {
            ListenSecurely(kestrel, endPoint);
        }
        else
        {
            kestrel.Listen(endPoint, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1AndHttp2;
                endpoint.Use(next => connection => sniffer.RunAsync(connection, next));
            });
        }

        if (tls.Value.TryGetEndPoint(gateway, out var second))
        {
            ListenSecurely(kestrel, second);
        }
    }

    private void ListenSecurely(KestrelServerOptions kestrel, IPEndPoint endPoint)
    {
        var certificate = services.GetRequiredService<ServerCertificate>();
        kestrel.Listen(endPoint, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1AndHttp2;
            endpoint.UseHttps(certificate.Handshakes);
        });
    }
}
