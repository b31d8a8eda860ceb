using System.Diagnostics;
using System.Net;
using Broker.Cli;
using Broker.Cli.Client;
using Broker.Cli.Verify;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Grpc.Core;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Operations;

/// <summary><c>broker cluster status|drain|upgrade</c> against three processes under load.</summary>
public sealed class ClusterOperationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [PostgresFact]
    public async Task A_silo_is_emptied_and_filled_again_and_the_level_rises_once_all_can_serve_it()
    {
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Silos = 2,
            Spares = 1,
            IsAtFirstLevel = true,
            Arguments = ["--limits", "unlimited", "--Broker:Balance:MinSiloLoad=0", "--Broker:Balance:MinStay=00:00:00"],
        });
        try
        {
            // As where a release before is being replaced, and one of its processes is still there.
            var older = cluster.Nodes[2];
            older.Arguments = ["--Broker:Cluster:HighestLevel=1"];
            await older.StartAsync();
            var endpoint = new BrokerEndpoint(new Uri(cluster.Nodes[0].Endpoint)) { Others = [new(cluster.Nodes[1].Endpoint)] };
            using var connection = BrokerConnection.Open(endpoint);
            await connection.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "operated", ShardCount = 12, Mode = StreamMode.Provisioned });
            await BrokerProcess.WaitUntilActiveAsync(connection.Streams, "operated");
            using var enough = new CancellationTokenSource();
            var verifying = new VerifyJob(endpoint, "operated", new VerifyOptions { Duration = TimeSpan.FromMinutes(5), RecordsPerSecond = 1_000 }, TimeProvider.System)
                .RunAsync(enough.Token, CancellationToken.None);

            await UntilAsync(connection, status => status.Silos.Count == 3 && status.Silos.All(static silo => silo is { State: "Active", Load: not null })
                && status.Silos.Sum(static silo => silo.Load.ShardCount) >= 12 && status.Silos.Sum(static silo => silo.Load.RecordsPerSecond) > 100);
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "status", "--endpoint", cluster.Nodes[0].Endpoint, "--lag", "-o", "json"));
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "status", "--endpoint", cluster.Nodes[0].Endpoint));

            // Emptied, and not ready, though it serves whoever is connected.
            var drained = cluster.Nodes[1];
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "drain", drained.Name, "--endpoint", cluster.Nodes[0].Endpoint));
            using var http = new HttpClient();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadinessAsync(http, drained));
            Assert.Equal(HttpStatusCode.OK, await ReadinessAsync(http, cluster.Nodes[0]));
            var empty = await StatusAsync(connection);
            Assert.True(Find(empty, drained) is { State: "Active", Load: { Drained: true, ShardCount: 0 } }, empty.ToString());
            Assert.Equal(ExitCode.Failure, await RunAsync("cluster", "drain", "nobody", "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "drain", older.Name, "--no-wait", "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(ExitCode.Failure, await RunAsync("cluster", "drain", cluster.Nodes[0].Name, "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "drain", older.Name, "--undo", "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "drain", drained.Name, "--undo", "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(HttpStatusCode.OK, await ReadinessAsync(http, drained));
            await UntilAsync(connection, status => Find(status, drained) is { Load: { Drained: false, ShardCount: > 0 } });

            // The level waits for the one that cannot serve it.
            var status = await StatusAsync(connection);
            Assert.Equal(1, status.Level);
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await connection.Cluster.UpgradeClusterAsync(new UpgradeClusterRequest { Level = 2 }));
            Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
            Assert.Contains($"above what silo {older.Name} serves (1 to 1", refused.Status.Detail, StringComparison.Ordinal);
            Assert.Equal(1, (await connection.Cluster.UpgradeClusterAsync(new UpgradeClusterRequest())).Level);
            Assert.Equal(0, await older.DrainAsync(Patience));
            await UntilAsync(connection, status => status.Silos.Count == 2);
            Assert.Equal(ExitCode.Success, await RunAsync("cluster", "upgrade", "--endpoint", cluster.Nodes[0].Endpoint));
            Assert.Equal(2, (await StatusAsync(connection)).Level);
            Assert.Equal(ExitCode.Failure, await RunAsync("cluster", "upgrade", "--level", "1", "--endpoint", cluster.Nodes[0].Endpoint));
            var late = await Assert.ThrowsAsync<InvalidOperationException>(older.StartAsync);
            Assert.Contains("is of a cluster at level 2; this release serves 1 to 1", late.Message, StringComparison.Ordinal);

            await enough.CancelAsync();
            var report = await verifying;
            output.WriteLine($"{report.Acknowledged} records; {report.Verdict}");
            Assert.True(report.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Faults)}");
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    private static Task<int> RunAsync(params string[] arguments) => BrokerCommandLine.RunAsync(arguments);

    private static async Task<HttpStatusCode> ReadinessAsync(HttpClient http, BrokerNode node)
    {
        using var answer = await http.GetAsync(new Uri($"{node.Endpoint}/healthz"));
        return answer.StatusCode;
    }

    private static ClusterSilo? Find(GetClusterStatusResponse status, BrokerNode node) => status.Silos.SingleOrDefault(silo => silo.Name == node.Name);

    private static async Task<GetClusterStatusResponse> StatusAsync(BrokerConnection connection) =>
        await connection.Cluster.GetClusterStatusAsync(new GetClusterStatusRequest());

    private static async Task UntilAsync(BrokerConnection connection, Func<GetClusterStatusResponse, bool> isSo)
    {
        var began = Stopwatch.GetTimestamp();
        var status = await StatusAsync(connection);
        for (; !isSo(status); status = await StatusAsync(connection))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, status.ToString());
            await Task.Delay(100);
        }
    }
}
