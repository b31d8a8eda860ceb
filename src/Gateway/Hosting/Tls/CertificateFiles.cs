using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Gateway.Hosting.Tls;

/// <summary>Reads the server's certificate with its key and the intermediates that go with it.</summary>
internal static class CertificateFiles
{
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">What a file holds is no certificate, no key, or not its key.</exception>
    public static SslStreamCertificateContext Read(TlsOptions options)
    {
        var all = new X509Certificate2Collection();
        if (options.KeyFile.Length == 0 && !IsPem(options.CertificateFile))
        {
            all = X509CertificateLoader.LoadPkcs12CollectionFromFile(options.CertificateFile, options.Password);
            var own = all.FirstOrDefault(static certificate => certificate.HasPrivateKey)
                ?? throw new System.Security.Cryptography.CryptographicException("it holds no private key.");
            all.Remove(own);
            return SslStreamCertificateContext.Create(own, all, offline: true);
        }

        var keyFile = options.KeyFile.Length > 0 ? options.KeyFile : options.CertificateFile;
        X509Certificate2 leaf;
        try
        {
            leaf = options.Password.Length > 0
                ? X509Certificate2.CreateFromEncryptedPemFile(options.CertificateFile, options.Password, keyFile)
                : X509Certificate2.CreateFromPemFile(options.CertificateFile, keyFile);
        }
        catch (ArgumentException exception)
        {
            // So .NET tells a key that is another certificate's, as between the changes of the two files.
            throw new System.Security.Cryptography.CryptographicException("the key is not the certificate's.", exception);
        }

        all.ImportFromPemFile(options.CertificateFile);
        return SslStreamCertificateContext.Create(leaf, [.. all.Skip(1)], offline: true);
    }

    private static bool IsPem(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> start = stackalloc byte[64];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];

        // DER, and so PFX, begins with a sequence; PEM may begin with any text.
        return start.IsEmpty || start[0] != 0x30;
    }
}
