using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Broker.Gateway.Hosting;

/// <summary>Tells Kestrel that a connection speaks HTTP/2, as TLS's negotiation would have: without TLS it would take HTTP/1.1 for granted.</summary>
/// <remarks>dotnet/aspnetcore#56984. The presence of the TLS feature does not mean that the connection is encrypted.</remarks>
internal sealed class ClearTextHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
{
    public static ClearTextHttp2 Instance { get; } = new();

    public X509Certificate2? ClientCertificate
    {
        get => null;
        set => throw new NotSupportedException("The connection has no TLS.");
    }

    public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
}
