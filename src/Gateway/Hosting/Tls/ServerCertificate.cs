using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Gateway.Auth.Keys;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting.Tls;

/// <summary>The certificate that handshakes are made with. Files that have changed are read again; faulty ones are told and the last good one kept.</summary>
public sealed partial class ServerCertificate
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private readonly TlsOptions options;
    private readonly AccessKeys keys;
    private readonly TimeProvider clock;
    private readonly ILogger<ServerCertificate> logger;
    private readonly Lock gate = new();
    private SslStreamCertificateContext current;
    private (DateTime, DateTime) written;
    private long looked;

    public ServerCertificate(IOptions<TlsOptions> options, AccessKeys keys, TimeProvider clock, ILogger<ServerCertificate> logger)
    {
        this.options = options.Value;
        this.keys = keys;
        this.clock = clock;
        this.logger = logger;
        if (this.options.Development)
        {
            DevelopmentCertificate.Ensure(this.options, clock);
        }

        written = Written();
        looked = clock.GetTimestamp();
        current = CertificateFiles.Read(this.options);
    }

    /// <summary>What a new connection's handshake is made with. Client certificates are asked for while any is known.</summary>
    internal TlsHandshakeCallbackOptions Handshakes => new()
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Current(),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            ClientCertificateRequired = keys.HasCertificates,

            // Known by its fingerprint, which proves more than a chain does; without one, a caller signs.
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is null || keys.FindCertificate(certificate.GetCertHashString(HashAlgorithmName.SHA256)) is not null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        }),
    };

    /// <summary>The certificate; looks at the files at most every five seconds.</summary>
    internal SslStreamCertificateContext Current()
    {
        lock (gate)
        {
            if (clock.GetElapsedTime(looked) < LookEvery)
            {
                return current;
            }

            looked = clock.GetTimestamp();
            try
            {
                var now = Written();
                if (now != written)
                {
                    current = CertificateFiles.Read(options);
                    written = now;
                    LogChanged(options.CertificateFile, current.TargetCertificate.NotAfter.ToUniversalTime());
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // A key and its certificate are two files: between their changes they do not fit, and the next look finds them both.
                LogFaulty(options.CertificateFile, exception.Message);
            }

            return current;
        }
    }

    private (DateTime Certificate, DateTime Key) Written() => (
        File.GetLastWriteTimeUtc(options.CertificateFile), options.KeyFile.Length == 0 ? default : File.GetLastWriteTimeUtc(options.KeyFile));
}
