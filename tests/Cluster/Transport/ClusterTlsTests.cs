using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Cli.Client;
using Broker.Cli.Verify;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Certificates;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Transport;

/// <summary>Processes of a cluster show each other certificates, and the database theirs: who has none of the right authority does not come in.</summary>
public sealed class ClusterTlsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [StandbyFact]
    public async Task Silos_serve_over_TLS_alone_and_strangers_do_no_harm()
    {
        using var authority = new TestAuthority();
        using var foreign = new TestAuthority("another authority");
        var member = authority.Issue("silo.broker.test");
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Silos = 2,
            Spares = 2,
            DatabaseAuthority = authority,
            Arguments =
            [
                $"--Broker:ClusterTls:AuthorityFile={authority.AuthorityFile}", $"--Broker:ClusterTls:CertificateFile={member.Certificate}",
                $"--Broker:ClusterTls:KeyFile={member.Key}", "--Broker:ClusterTls:AllowedNames=silo.broker.test", "--limits", "unlimited",
            ],
        });
        try
        {
            var gateway = cluster.Nodes[2];
            gateway.Arguments = ["--Broker:Cluster:Roles=gateway"];
            await gateway.StartAsync();
            var endpoint = new BrokerEndpoint(new Uri(gateway.Endpoint)) { Others = [new(cluster.Nodes[0].Endpoint), new(cluster.Nodes[1].Endpoint)] };
            using var connection = BrokerConnection.Open(endpoint);
            await connection.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "secured", ShardCount = 4 });
            await BrokerProcess.WaitUntilActiveAsync(connection.Streams, "secured");
            using var enough = new CancellationTokenSource();
            var verifying = new VerifyJob(endpoint, "secured", new VerifyOptions { Duration = TimeSpan.FromMinutes(5), RecordsPerSecond = 2_000 }, TimeProvider.System)
                .RunAsync(enough.Token, CancellationToken.None);

            foreach (var port in new[] { cluster.Nodes[0].SiloPort, cluster.Nodes[0].SiloGatewayPort })
            {
                await SpeakPlainlyAsync(port);
            }

            await RefuseAsync(cluster, foreign.Issue("silo.broker.test"), foreign.AuthorityFile);

            // It is of the authority, for something else.
            await RefuseAsync(cluster, authority.Issue("mail.test"), authority.AuthorityFile);

            Assert.Equal(0L, await cluster.Database.AskAsync(
                "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'broker' AND NOT ssl"));
            Assert.True((long)(await cluster.Database.AskAsync(
                "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'broker' AND ssl"))! > 5);
            await enough.CancelAsync();
            var report = await verifying;
            output.WriteLine($"{report.Acknowledged} records; {report.Verdict}");
            output.WriteLine(cluster.Output);
            Assert.True(report.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Faults)}");
            Assert.True(report.Acknowledged > 1_000);
            Assert.Equal(3, cluster.Running.Count());
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    /// <summary>Says what is no TLS to a port, which ends the connection and answers nothing that Orleans would.</summary>
    private static async Task SpeakPlainlyAsync(int port)
    {
        foreach (var said in new[] { new byte[1], [.. Enumerable.Repeat((byte)7, 100_000)], "GET / HTTP/1.1\r\n\r\n"u8.ToArray() })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, port);
            using var limit = new CancellationTokenSource(Patience);
            try
            {
                var stream = socket.GetStream();
                await stream.WriteAsync(said, limit.Token);
                socket.Client.Shutdown(SocketShutdown.Send);
                var answer = new byte[256];
                var heard = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, limit.Token);
                Assert.True(heard < answer.Length); // An alert of TLS, at most.
            }
            catch (IOException)
            {
                // Reset, since not everything that was said was heard.
            }
        }
    }

    /// <summary>Starts a silo that is refused, sees that it is told, and that it is no member.</summary>
    private async Task RefuseAsync(ClusterProcesses cluster, (string Certificate, string Key) shows, string believes)
    {
        var stranger = cluster.Nodes[3];
        stranger.Arguments =
        [
            $"--Broker:ClusterTls:AuthorityFile={believes}", $"--Broker:ClusterTls:CertificateFile={shows.Certificate}",
            $"--Broker:ClusterTls:KeyFile={shows.Key}", "--Broker:ClusterTls:AllowedNames=",
        ];
        var before = Told(cluster);
        var limit = Stopwatch.StartNew();
        stranger.Begin();
        while (Told(cluster) == before)
        {
            Assert.True(stranger.IsRunning, $"It ended:\n{stranger.Output}");
            Assert.True(limit.Elapsed < Patience, $"Nobody refused it:\n{cluster.Output}");
            await Task.Delay(50);
        }

        Assert.Equal(0L, await cluster.Database.AskAsync(string.Create(
            CultureInfo.InvariantCulture, $"SELECT count(*) FROM broker_members WHERE port = {stranger.SiloPort} AND status = 3")));
        await stranger.KillAsync();
        output.WriteLine($"{shows.Certificate} refused after {limit.Elapsed.TotalSeconds:F1} s");
    }

    private static int Told(ClusterProcesses cluster) => cluster.Nodes.Sum(node => node.Output.Split("refused: its certificate").Length - 1);
}
