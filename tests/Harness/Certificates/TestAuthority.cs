using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Tests.Harness.Certificates;

/// <summary>An authority of certificates of a test's own. Its files are in a directory that goes with it.</summary>
public sealed class TestAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly X509Certificate2 root;

    public TestAuthority(string name = "test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        root = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        AuthorityFile = WriteNew("authority.pem", root.ExportCertificatePem());
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("broker-authority-").FullName;

    /// <summary>The authority's own certificate, PEM.</summary>
    public string AuthorityFile { get; }

    /// <summary>Issues a certificate for 127.0.0.1 and a name, and writes it and its key.</summary>
    /// <param name="name">Its subject, and its DNS name.</param>
    /// <param name="isForServers">Whether it may be a server's.</param>
    /// <param name="expired">Whether it was good until yesterday.</param>
    /// <returns>The paths of certificate and key, PEM.</returns>
    public (string Certificate, string Key) Issue(string name, bool isForServers = true, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(isForServers ? [new Oid(ServerUse), new Oid(ClientUse)] : [new Oid(ClientUse)], false));
        using var certificate = request.Create(
            root, Now.AddDays(-1), expired ? Now.AddHours(-1) : Now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        return (WriteNew($"{name}.pem", certificate.ExportCertificatePem()), WriteNew($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose()
    {
        root.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private string WriteNew(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        File.WriteAllText(path, text + "\n");
        return path;
    }
}
