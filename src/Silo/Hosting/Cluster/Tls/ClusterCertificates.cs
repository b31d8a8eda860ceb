using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting.Cluster.Tls;

/// <summary>What handshakes between the processes of a cluster are made with. Files that have changed are read again; faulty ones are told and the last good ones kept.</summary>
/// <remarks>Thread-safe. A connection that is made keeps what it was made with.</remarks>
internal sealed partial class ClusterCertificates
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private readonly ClusterTlsOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private Material current;
    private (DateTime, DateTime, DateTime) written;
    private long looked;

    public ClusterCertificates(IOptions<ClusterTlsOptions> options, TimeProvider time, ILogger<ClusterCertificates> logger)
    {
        this.options = options.Value;
        this.time = time;
        this.logger = logger;
        written = Written();
        looked = time.GetTimestamp();
        current = Read();
    }

    /// <summary>The certificate that this process shows; null where it has none.</summary>
    public SslStreamCertificateContext? Own => Current().Own;

    /// <summary>The rules by which the other's certificate is judged: the cluster's authorities alone, and no questions to the outside.</summary>
    public X509ChainPolicy NewChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Current().Authorities);
        return policy;
    }

    /// <summary>Judges the other's certificate, whose chain was built by <see cref="NewChainPolicy"/>.</summary>
    /// <param name="certificate">What it showed; null for nothing.</param>
    /// <param name="errors">What is wrong with it.</param>
    /// <param name="isRequired">Whether it must show one.</param>
    /// <returns>Why it is refused; null where it is not.</returns>
    public string? FaultOf(X509Certificate? certificate, SslPolicyErrors errors, bool isRequired)
    {
        if (certificate is null)
        {
            return isRequired ? "it shows no certificate" : null;
        }

        // Its address is where the membership table says; by its names it is told from others of the authority.
        var faults = errors & ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (faults != SslPolicyErrors.None)
        {
            return $"its certificate ({certificate.Subject}) is not one of the cluster's authorities, has expired, or is not for this use";
        }

        var names = options.Names;
        return names.Length == 0 || (certificate is X509Certificate2 known && names.Any(name => known.MatchesHostname(name, allowWildcards: true, allowCommonName: true)))
            ? null
            : $"its certificate ({certificate.Subject}) has none of the names of Broker:ClusterTls:AllowedNames";
    }

    /// <summary>What the files hold; looks at them at most every five seconds.</summary>
    private Material Current()
    {
        lock (gate)
        {
            if (time.GetElapsedTime(looked) < LookEvery)
            {
                return current;
            }

            looked = time.GetTimestamp();
            try
            {
                var now = Written();
                if (now != written)
                {
                    current = Read();
                    written = now;
                    LogChanged(options.CertificateFile, current.Own?.TargetCertificate.NotAfter.ToUniversalTime());
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // They are several files: between their changes they may not fit, and a later look finds all.
                LogFaulty(options.CertificateFile, exception.Message);
            }

            return current;
        }
    }

    private Material Read() => new(
        options.CertificateFile.Length > 0 ? ClusterCertificateFiles.ReadOwn(options.CertificateFile, options.KeyFile) : null,
        ClusterCertificateFiles.ReadAuthorities(options.AuthorityFile));

    private (DateTime Certificate, DateTime Key, DateTime Authorities) Written() => (
        WrittenAt(options.CertificateFile), WrittenAt(options.KeyFile), WrittenAt(options.AuthorityFile));

    private static DateTime WrittenAt(string file) => file.Length == 0 ? default : File.GetLastWriteTimeUtc(file);

    private sealed record Material(SslStreamCertificateContext? Own, X509Certificate2Collection Authorities);
}
