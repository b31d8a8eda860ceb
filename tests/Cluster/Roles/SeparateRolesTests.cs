using System.Diagnostics;
using System.Net;
using Broker.Tests.Cluster.Chaos;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Grpc.Core;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Roles;

/// <summary>Gateways and silos as processes of their own: what each of them serves, and silos that are lost under a gateway.</summary>
public sealed class SeparateRolesTests(ITestOutputHelper output)
{
    [PostgresFact]
    public async Task A_gateway_without_a_silo_serves_on_while_one_silo_is_killed_and_another_stops()
    {
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Gateways = 1,
            Silos = 2,
            Arguments = ["--limits", "unlimited", "--Broker:Postgres:MaxConnections=16"],
        });
        var (gateway, first, second) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        await using var load = new Workload(cluster, new WorkloadSize { Lanes = 8, Pipelined = 1, AwsAttempts = 8, Reshards = false }, Environment.TickCount);
        try
        {
            await load.StartAsync();
            await ProgressAsync(load);
            await TellWhatTheyServeAsync(gateway, first);

            await first.KillAsync();
            await ProgressAsync(load);
            await first.StartAsync();
            Assert.Equal(0, await second.DrainAsync(TimeSpan.FromSeconds(60)));
            await ProgressAsync(load);
            var report = await load.FinishAsync();
            output.WriteLine(report.Verdict);
            Assert.True(report.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Faults)}");

            // A client of silos that is not told waits half a minute for what a lost silo was asked.
            Assert.InRange(report.LongestStallMillis, 0, 25_000);
            Assert.Equal(0, await gateway.DrainAsync(TimeSpan.FromSeconds(60)));
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    private static async Task TellWhatTheyServeAsync(BrokerNode gateway, BrokerNode silo)
    {
        using var http = new HttpClient();
        foreach (var path in new[] { "livez", "readyz", "healthz" })
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{gateway.Endpoint}/{path}"))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{silo.Endpoint}/{path}"))).StatusCode);
        }

        using var refused = await http.PostAsync(new Uri(silo.Endpoint), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, refused.StatusCode);
        Assert.Contains("ask one with the role gateway", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var channel = BrokerProcess.Connect(silo.Endpoint);
        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await new StreamService.StreamServiceClient(channel).ListStreamsAsync(new ListStreamsRequest()));
        Assert.Equal(StatusCode.Unimplemented, fault.StatusCode);
        Assert.Contains("ask one with the role gateway", fault.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>Waits until every producer of one key is acknowledged, for what it sends from a second on.</summary>
    private static async Task ProgressAsync(Workload load)
    {
        var began = Stopwatch.GetTimestamp();
        while (!load.Times.HaveAllSince(began + Stopwatch.Frequency))
        {
            Assert.False(load.Failure.IsFaulted, load.Failure.Exception?.ToString());
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2), "a producer was not acknowledged for two minutes");
            await Task.Delay(20);
        }
    }
}
