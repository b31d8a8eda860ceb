using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Gateway.Hosting.Tls;

/// <summary>A self-signed certificate for localhost, for people who try TLS out. Kept in the data directory, so that clients may trust it.</summary>
internal static class DevelopmentCertificate
{
    /// <summary>The certificate's file in the data directory; clients trust it by <c>--tls-ca</c> or AWS_CA_BUNDLE.</summary>
    public const string CertificateName = "tls-dev.pem";

    /// <summary>Its key's file, which the owner alone may read.</summary>
    public const string KeyName = "tls-dev.key";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(825);

    /// <summary>Makes the certificate where it is not there, or ends within a week, and points the options at it.</summary>
    public static void Ensure(TlsOptions options, TimeProvider clock)
    {
        options.CertificateFile = Path.Combine(options.Directory, CertificateName);
        options.KeyFile = Path.Combine(options.Directory, KeyName);
        var now = clock.GetUtcNow();
        if (IsGood(options, now))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost, O=Broker development", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());

        // An authority of itself alone: OpenSSL and Node take no other kind as a root.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Lifetime);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(options.Directory);
        }
        else
        {
            // It is the data directory, which may not be there yet: nobody else reads it.
            Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Write(options.KeyFile, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(options.CertificateFile, certificate.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static bool IsGood(TlsOptions options, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
            return certificate.NotAfter.ToUniversalTime() > now.AddDays(7).UtcDateTime && certificate.NotBefore.ToUniversalTime() <= now.UtcDateTime;
        }
        catch (Exception exception) when (exception is IOException or CryptographicException)
        {
            return false;
        }
    }

    private static void Write(string file, string text, UnixFileMode mode)
    {
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(file);
            access.UnixCreateMode = mode;
        }

        using var stream = new FileStream(file, access);
        using var writer = new StreamWriter(stream);
        writer.Write(text);
        writer.Write('\n');
    }
}
