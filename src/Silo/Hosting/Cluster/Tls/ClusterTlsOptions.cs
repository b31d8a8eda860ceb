using System.Security.Cryptography;

namespace Broker.Silo.Hosting.Cluster.Tls;

/// <summary>
/// TLS between the processes of a cluster, each of which shows the other a certificate of the cluster's own authority. Configuration section
/// <c>Broker:ClusterTls</c>; in force where <see cref="AuthorityFile"/> is set, and then for all processes of the cluster.
/// </summary>
public sealed class ClusterTlsOptions
{
    /// <summary>This process's certificate: PEM, its intermediates after it. Read again when it changes. Default none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>The private key of the certificate, PEM. Read again when it changes. Default none.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The only authorities whose certificates are believed, PEM; none of the system's are. Read again when it changes. Default none, which is no TLS.</summary>
    public string AuthorityFile { get; set; } = "";

    /// <summary>Names, commas between, of which a certificate must have one (DNS name or address); empty, the default, for any certificate of the authorities.</summary>
    public string AllowedNames { get; set; } = "";

    /// <summary>Whether gateways without a silo must show a certificate, too. Silos always must. Default true.</summary>
    public bool RequireGatewayCertificate { get; set; } = true;

    /// <summary>Whether connections are made by TLS.</summary>
    internal bool IsOn => AuthorityFile.Length > 0;

    internal string[] Names => AllowedNames.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    /// <param name="isSilo">Whether the process is a silo, which needs a certificate.</param>
    public IEnumerable<string> Faults(bool isSilo)
    {
        if (!IsOn)
        {
            if (CertificateFile.Length > 0 || KeyFile.Length > 0)
            {
                yield return $"Broker:ClusterTls:AuthorityFile is empty: with {nameof(CertificateFile)} or {nameof(KeyFile)} it must name the file of the cluster's authorities.";
            }

            yield break;
        }

        if (FaultOf(() => ClusterCertificateFiles.ReadAuthorities(AuthorityFile)) is { } authorities)
        {
            yield return $"Broker:ClusterTls:AuthorityFile is '{AuthorityFile}', which cannot be used: {authorities}";
        }

        if ((CertificateFile.Length > 0) != (KeyFile.Length > 0))
        {
            yield return $"Broker:ClusterTls:CertificateFile is '{CertificateFile}' and KeyFile is '{KeyFile}': both must be set, or none.";
        }
        else if (CertificateFile.Length == 0 && (isSilo || RequireGatewayCertificate))
        {
            yield return $"Broker:ClusterTls:CertificateFile is empty: {(isSilo ? "a silo" : "a gateway, unless RequireGatewayCertificate is false,")} must have a certificate, with its key in KeyFile.";
        }
        else if (CertificateFile.Length > 0 && FaultOf(() => ClusterCertificateFiles.ReadOwn(CertificateFile, KeyFile)) is { } own)
        {
            yield return $"Broker:ClusterTls:CertificateFile is '{CertificateFile}' with key '{KeyFile}', which cannot be used: {own}";
        }

        foreach (var name in Names)
        {
            if (Uri.CheckHostName(name) == UriHostNameType.Unknown)
            {
                yield return $"Broker:ClusterTls:AllowedNames has '{name}': it must be a host's name or address.";
            }
        }
    }

    private static string? FaultOf(Func<object> read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }
}
