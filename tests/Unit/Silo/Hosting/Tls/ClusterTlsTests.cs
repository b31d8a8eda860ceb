using System.IO.Pipelines;
using System.Text;
using Broker.Silo.Hosting.Cluster.Tls;
using Broker.Tests.Harness.Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Hosting.Tls;

/// <summary>Two ends of a connection in one process: who is let in, files that change, and faults of the settings.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestAuthority authority = new();
    private readonly TestAuthority foreign = new("another authority");
    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData("member", true)]
    [InlineData("member of the name", true)]
    [InlineData("other name", false)]
    [InlineData("foreign", false)]
    [InlineData("expired", false)]
    [InlineData("not a server's", true)]
    [InlineData("none", false)]
    public async Task A_silo_is_let_in_with_a_certificate_of_the_authority(string who, bool isLetIn)
    {
        var accepting = Options(authority, authority.Issue("silo.test"), who.EndsWith("name", StringComparison.Ordinal) ? "gateway.test, silo-1.test" : "");
        var connecting = who switch
        {
            "foreign" => Options(authority, foreign.Issue("silo-1.test")),
            "expired" => Options(authority, authority.Issue("silo-1.test", expired: true)),
            "not a server's" => Options(authority, authority.Issue("silo-1.test", isForServers: false)),
            "other name" => Options(authority, authority.Issue("silo-2.test")),
            "none" => Options(authority, ("", "")),
            _ => Options(authority, authority.Issue("silo-1.test")),
        };
        Assert.Equal(isLetIn, await IsLetInAsync(Tls(connecting), Tls(accepting).AcceptSilos));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_gateway_without_a_certificate_is_let_in_where_none_is_required(bool isRequired, bool isLetIn)
    {
        var accepting = Options(authority, authority.Issue("silo.test"));
        accepting.RequireGatewayCertificate = isRequired;
        Assert.Equal(isLetIn, await IsLetInAsync(Tls(Options(authority, ("", ""))), Tls(accepting).AcceptGateways));
    }

    [Theory]
    [InlineData("foreign")]
    [InlineData("not a server's")]
    public async Task What_it_connects_to_must_show_one_too(string who)
    {
        var shows = who == "foreign" ? foreign.Issue("silo.test") : authority.Issue("silo.test", isForServers: false);
        Assert.False(await IsLetInAsync(Tls(Options(authority, authority.Issue("silo-1.test"))), Tls(Options(authority, shows)).AcceptSilos));
    }

    [Fact]
    public async Task Changed_files_are_read_again_and_faulty_ones_are_not_taken()
    {
        var own = authority.Issue("silo.test");
        var files = Options(authority, own);
        var tls = Tls(files);
        var connecting = Tls(Options(authority, authority.Issue("silo-1.test")));
        var strangers = foreign.Issue("silo.test");
        Assert.True(await IsLetInAsync(connecting, tls.AcceptSilos));

        Replace(own.Certificate, strangers.Certificate);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(await IsLetInAsync(connecting, tls.AcceptSilos)); // The key is not the certificate's yet.

        Replace(own.Key, strangers.Key);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(await IsLetInAsync(connecting, tls.AcceptSilos));
    }

    [Fact]
    public void Faults_are_told_all_at_once_by_their_settings()
    {
        Assert.Empty(new ClusterTlsOptions().Faults(isSilo: true));
        Assert.Empty(Options(authority, authority.Issue("a.test")).Faults(isSilo: true));
        Assert.Contains("AuthorityFile is empty", Assert.Single(new ClusterTlsOptions { CertificateFile = "x" }.Faults(isSilo: true)), StringComparison.Ordinal);
        var gateway = Options(authority, ("", ""));
        Assert.Contains("a gateway, unless", Assert.Single(gateway.Faults(isSilo: false)), StringComparison.Ordinal);
        gateway.RequireGatewayCertificate = false;
        Assert.Empty(gateway.Faults(isSilo: false));
        Assert.Contains("a silo must have", Assert.Single(gateway.Faults(isSilo: true)), StringComparison.Ordinal);

        var wrong = Options(authority, (authority.Issue("b.test").Certificate, authority.Issue("c.test").Key), "a b");
        wrong.AuthorityFile = wrong.KeyFile;
        var faults = wrong.Faults(isSilo: true).ToList();
        Assert.Equal(["AuthorityFile", "CertificateFile", "AllowedNames"], faults.Select(static fault => fault.Split(':', ' ')[2]));
        wrong.AuthorityFile = "/nowhere";
        Assert.Contains("'/nowhere', which cannot be used", wrong.Faults(isSilo: true).First(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        authority.Dispose();
        foreign.Dispose();
    }

    private static ClusterTlsOptions Options(TestAuthority authority, (string Certificate, string Key) own, string names = "") => new()
    {
        AuthorityFile = authority.AuthorityFile,
        CertificateFile = own.Certificate,
        KeyFile = own.Key,
        AllowedNames = names,
    };

    private static void Replace(string file, string by)
    {
        var before = File.GetLastWriteTimeUtc(file);
        File.Copy(by, file, overwrite: true);
        File.SetLastWriteTimeUtc(file, before.AddSeconds(10));
    }

    private ClusterTls Tls(ClusterTlsOptions options)
    {
        var wrapped = Microsoft.Extensions.Options.Options.Create(options);
        return new ClusterTls(new ClusterCertificates(wrapped, time, NullLogger<ClusterCertificates>.Instance), wrapped, time, NullLogger<ClusterTls>.Instance);
    }

    /// <summary>Connects two ends; true where a question and its answer went over, false where either refused.</summary>
    private static async Task<bool> IsLetInAsync(ClusterTls client, Action<IConnectionBuilder> accept)
    {
        var (near, far) = Pair();
        var accepted = RunAsync(far, accept, async connection =>
        {
            var question = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(question.Buffer.End);
            await connection.Transport.Output.WriteAsync("answer"u8.ToArray());
        });
        var answer = "";
        var connected = RunAsync(near, client.Connect, async connection =>
        {
            await connection.Transport.Output.WriteAsync("question"u8.ToArray());
            var read = await connection.Transport.Input.ReadAsync();
            answer = Encoding.ASCII.GetString(read.Buffer.FirstSpan);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        });
        await Task.WhenAll(accepted, connected).WaitAsync(Patience);
        return answer == "answer";
    }

    /// <summary>Runs one end as Orleans does, and ends its pipes with it.</summary>
    private static async Task RunAsync(DefaultConnectionContext connection, Action<IConnectionBuilder> configure, Func<ConnectionContext, Task> talk)
    {
        var builder = new ConnectionBuilder(new NoServices());
        configure(builder);
        builder.Run(context => talk(context));
        try
        {
            await builder.Build()(connection);
        }
        catch (Exception exception) when (exception is ConnectionAbortedException or IOException)
        {
            // Refused, here or there.
        }
        finally
        {
            await connection.Transport.Output.CompleteAsync();
            await connection.Transport.Input.CompleteAsync();
        }
    }

    private static (DefaultConnectionContext Near, DefaultConnectionContext Far) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        var near = new Ends(back.Reader, there.Writer);
        var far = new Ends(there.Reader, back.Writer);
        return (new DefaultConnectionContext("near", near, near), new DefaultConnectionContext("far", far, far));
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
