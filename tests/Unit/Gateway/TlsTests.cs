using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Cli.Client;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>HTTPS: both versions of HTTP on one port, the development certificate, client certificates, certificates that change.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("broker-tls-");

    [Theory]
    [InlineData("pem")]
    [InlineData("pfx")]
    public async Task One_port_serves_both_versions_of_HTTP_and_gRPC(string kind)
    {
        var (certificate, key) = Write("server", kind);
        await using var server = await GatewayServer.StartAsync(
            new FakeCluster(1),
            ("Broker:Gateway:Listen", "https://127.0.0.1:0"), ("Broker:Tls:CertificateFile", certificate), ("Broker:Tls:KeyFile", key), ("Broker:Tls:Password", kind == "pfx" ? "secret" : ""));
        Assert.Equal("https", server.Address.Scheme);
        Assert.Equal(HttpVersion.Version11, await VersionAsync(server.Address, HttpVersion.Version11, "server.pem"));
        Assert.Equal(HttpVersion.Version20, await VersionAsync(server.Address, HttpVersion.Version20, "server.pem"));
        using var client = Connect(server.Address, "server.pem");
        await client.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
    }

    [Fact]
    public async Task A_development_certificate_is_made_once_and_served_on_a_second_port()
    {
        var settings = new[] { ("Broker:Tls:Development", "true"), ("Broker:Storage:DataDirectory", directory.FullName) };
        await using (var server = await GatewayServer.StartAsync(new FakeCluster(1), settings))
        {
            var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static text => new Uri(text)).ToList();
            Assert.Equal(["http", "https"], addresses.Select(static address => address.Scheme).Order(StringComparer.Ordinal));
            var secure = new UriBuilder(addresses.Single(static address => address.Scheme == "https"));
            foreach (var host in new[] { "localhost", "127.0.0.1" })
            {
                secure.Host = host;
                Assert.Equal(HttpVersion.Version20, await VersionAsync(secure.Uri, HttpVersion.Version20, DevelopmentCertificate.CertificateName));
            }
        }

        var made = File.ReadAllText(Path(DevelopmentCertificate.CertificateName));
        await using var again = await GatewayServer.StartAsync(new FakeCluster(1), settings);
        Assert.Equal(made, File.ReadAllText(Path(DevelopmentCertificate.CertificateName)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path(DevelopmentCertificate.KeyName)));
        }
    }

    [Fact]
    public async Task A_client_certificate_stands_for_its_principal()
    {
        var (certificate, key) = Write("server", "pem");
        Write("client", "pem");
        Write("stranger", "pem");
        using var known = X509Certificate2.CreateFromPemFile(Path("client.pem"), Path("client.key"));
        using var stranger = X509Certificate2.CreateFromPemFile(Path("stranger.pem"), Path("stranger.key"));
        File.WriteAllText(Path("keys.json"), $$"""
            {"certificates": [{"sha256": "{{known.GetCertHashString(HashAlgorithmName.SHA256)}}", "user": "carol", "policies": [
                {"Statement": {"Effect": "Allow", "Action": "kinesis:DescribeStreamSummary", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"} } } }]}]}
            """);
        await using var server = await GatewayServer.StartAsync(
            new FakeCluster(1),
            ("Broker:Gateway:Listen", "https://127.0.0.1:0"), ("Broker:Tls:CertificateFile", certificate), ("Broker:Tls:KeyFile", key),
            ("Broker:Auth:Mode", "On"), ("Broker:Auth:KeysFile", Path("keys.json")));
        using var client = Connect(server.Address, "server.pem", known);
        await client.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
        var denied = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await client.Streams.ListStreamsAsync(new V1.ListStreamsRequest()));
        Assert.Contains("User: arn:aws:iam::000000000000:user/carol is not authorized", denied.Status.Detail, StringComparison.Ordinal);
        using var without = Connect(server.Address, "server.pem");
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await without.Streams.ListStreamsAsync(new()))).StatusCode);
        using var other = Connect(server.Address, "server.pem", stranger);
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await other.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" }));
    }

    [Fact]
    public async Task An_authority_that_is_not_trusted_is_not_connected_to()
    {
        var (certificate, key) = Write("server", "pem");
        Write("other", "pem");
        await using var server = await GatewayServer.StartAsync(
            new FakeCluster(1), ("Broker:Gateway:Listen", "https://127.0.0.1:0"), ("Broker:Tls:CertificateFile", certificate), ("Broker:Tls:KeyFile", key));
        using var client = Connect(server.Address, "other.pem");
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await client.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" }));
    }

    [Fact]
    public void A_certificate_that_changes_is_served_and_a_broken_one_is_not()
    {
        var (certificate, key) = Write("server", "pem");
        using var auth = new Auth.TestAuth(mode: Broker.Gateway.Auth.AuthMode.None);
        var clock = new FakeTimeProvider();
        var served = new ServerCertificate(
            Options.Create(new TlsOptions { CertificateFile = certificate, KeyFile = key }), auth.Keys, clock, NullLogger<ServerCertificate>.Instance);
        var first = served.Current().TargetCertificate.Thumbprint;
        File.WriteAllText(certificate, "broken");
        File.SetLastWriteTimeUtc(certificate, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(first, served.Current().TargetCertificate.Thumbprint);

        // Another's, whose key has not come yet.
        File.Copy(Write("other", "pem").Certificate, certificate, overwrite: true);
        File.SetLastWriteTimeUtc(certificate, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(first, served.Current().TargetCertificate.Thumbprint);
        Write("server", "pem");
        Assert.Equal(first, served.Current().TargetCertificate.Thumbprint);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.NotEqual(first, served.Current().TargetCertificate.Thumbprint);
    }

    [Theory]
    [InlineData("http://127.0.0.1:4567", "", "", false, null)]
    [InlineData("https://127.0.0.1:4567", "", "", false, "a certificate must be given")]
    [InlineData("http://127.0.0.1:4567", "https://127.0.0.1:4568", "", false, "a certificate must be given")]
    [InlineData("http://127.0.0.1:4567", "http://127.0.0.1:4568", "", true, "must be https://")]
    [InlineData("http://127.0.0.1:4567", "", "no-such-file.pem", false, "cannot be used")]
    [InlineData("http://127.0.0.1:4567", "", "no-such-file.pem", true, "both CertificateFile and Development")]
    public void Settings_that_cannot_work_are_told(string listen, string second, string certificate, bool development, string? fault)
    {
        var faults = new TlsOptions { Listen = second, CertificateFile = certificate, Development = development }.Faults(new GatewayOptions { Listen = listen }).ToList();
        Assert.Equal(fault is null, faults.Count == 0);
        Assert.True(fault is null || faults.Exists(told => told.Contains(fault, StringComparison.Ordinal)), string.Join(' ', faults));
    }

    [Theory]
    [InlineData("http://127.0.0.1:4567", "", 4568)]
    [InlineData("http://127.0.0.1:0", "", 0)]
    [InlineData("http://127.0.0.1:4567", "https://127.0.0.1:9999", 9999)]
    [InlineData("https://127.0.0.1:4567", "", null)]
    public void The_second_port_is_the_next_one(string listen, string second, int? port) => Assert.Equal(
        port,
        new TlsOptions { Development = true, Listen = second }.TryGetEndPoint(new GatewayOptions { Listen = listen }, out var endPoint) ? endPoint.Port : null);

    public void Dispose() => directory.Delete(recursive: true);

    private string Path(string name) => System.IO.Path.Combine(directory.FullName, name);

    private BrokerConnection Connect(Uri address, string authority, X509Certificate2? certificate = null)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Path(authority));
        return BrokerConnection.Open(new BrokerEndpoint(address, Authorities: authorities, Certificate: certificate));
    }

    private async Task<Version> VersionAsync(Uri address, Version version, string authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Path(authority));
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/healthz")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await http.SendAsync(request);
        Assert.Equal("ok\n", await answer.Content.ReadAsStringAsync());
        return answer.Version;
    }

    /// <summary>Makes a self-signed certificate, NAME.pem for those who trust it, and tells the files to serve it from.</summary>
    private (string Certificate, string Key) Write(string name, string kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path($"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        if (kind == "pem")
        {
            return (Path($"{name}.pem"), Path($"{name}.key"));
        }

        File.WriteAllBytes(Path($"{name}.pfx"), certificate.Export(X509ContentType.Pfx, "secret"));
        return (Path($"{name}.pfx"), "");
    }
}
