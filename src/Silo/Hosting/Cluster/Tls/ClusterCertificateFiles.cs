using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Silo.Hosting.Cluster.Tls;

/// <summary>Reads the PEM files that the processes of a cluster know each other by.</summary>
internal static class ClusterCertificateFiles
{
    /// <summary>A certificate with its key and the intermediates that are sent with it.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">What a file holds is no certificate, no key, or not its key.</exception>
    public static SslStreamCertificateContext ReadOwn(string certificateFile, string keyFile)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(certificateFile);
        try
        {
            var own = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            return SslStreamCertificateContext.Create(own, [.. certificates.Skip(1)], offline: true);
        }
        catch (ArgumentException exception)
        {
            throw new CryptographicException("the key is not the certificate's.", exception);
        }
    }

    /// <summary>The certificates of a file; one at least.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">It holds no certificate.</exception>
    public static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("it holds no PEM certificate.");
    }
}
