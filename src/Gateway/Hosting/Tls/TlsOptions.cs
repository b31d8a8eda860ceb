using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Broker.Gateway.Hosting.Tls;

/// <summary>HTTPS, with HTTP/1.1 and HTTP/2 by ALPN. Configuration section <c>Broker:Tls</c>.</summary>
public sealed class TlsOptions
{
    /// <summary>The server's certificate: PEM with its intermediates after it, or PFX. Read again when it changes. Default none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>The private key of a PEM certificate; empty for PFX, which holds its own. Default none.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The password of the PFX or of an encrypted key. Default none.</summary>
    public string Password { get; set; } = "";

    /// <summary>Serves with a self-signed certificate for localhost, made at the first start and kept in the data directory. Default false.</summary>
    public bool Development { get; set; }

    /// <summary>
    /// The endpoint for HTTPS beside a cleartext one, <c>https://address:port</c>. Default: where there is a certificate and
    /// Broker:Gateway:Listen is http://, its address and the port after its own.
    /// </summary>
    public string Listen { get; set; } = "";

    /// <summary>Where the development certificate is kept.</summary>
    internal string Directory { get; set; } = ".";

    internal bool HasCertificate => CertificateFile.Length > 0 || Development;

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    /// <param name="gateway">Where the server listens.</param>
    public IEnumerable<string> Faults(GatewayOptions gateway)
    {
        if (CertificateFile.Length > 0 && Development)
        {
            yield return "Broker:Tls has both CertificateFile and Development: it must have one of them.";
        }

        if (KeyFile.Length > 0 && CertificateFile.Length == 0)
        {
            yield return $"Broker:Tls:KeyFile is '{KeyFile}': Broker:Tls:CertificateFile must be set, too.";
        }

        if (Listen.Length > 0 && !GatewayOptions.TryParse(Listen, Uri.UriSchemeHttps, out _))
        {
            yield return $"Broker:Tls:Listen is '{Listen}': it must be https:// with an IP address or localhost, and a port, such as https://127.0.0.1:4568.";
        }

        if (!HasCertificate && (Listen.Length > 0 || gateway.IsHttps))
        {
            yield return $"{(Listen.Length > 0 ? "Broker:Tls:Listen" : "Broker:Gateway:Listen")} asks for https: a certificate must be given, by --tls-cert and --tls-key or --tls-dev.";
        }
        else if (CertificateFile.Length > 0 && CertificateFault() is { } fault)
        {
            yield return fault;
        }
    }

    /// <summary>The second endpoint; false where there is none.</summary>
    /// <param name="gateway">Where the server listens.</param>
    /// <param name="endPoint">The address; its port is 0 for one that is free.</param>
    public bool TryGetEndPoint(GatewayOptions gateway, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        if (Listen.Length > 0)
        {
            return GatewayOptions.TryParse(Listen, Uri.UriSchemeHttps, out endPoint);
        }

        endPoint = HasCertificate && !gateway.IsHttps && gateway.TryGetEndPoint(out var clear)
            ? new IPEndPoint(clear.Address, clear.Port is 0 or 65_535 ? 0 : clear.Port + 1)
            : null;
        return endPoint is not null;
    }

    private string? CertificateFault()
    {
        try
        {
            CertificateFiles.Read(this);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return $"Broker:Tls:CertificateFile is '{CertificateFile}', which cannot be used: {exception.Message.ReplaceLineEndings(" ")}";
        }
    }
}
