using System.Diagnostics;
using Broker.Tests.Cluster.Chaos;
using Broker.Tests.Cluster.Rolling;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Upgrades;

/// <summary>
/// Three silos of an older release are replaced one by one under load by this build, and the level is raised: no client sees an error. The older
/// release is the executable that BROKER_PREVIOUS names (scripts/upgrade-test builds one), to which they go back in between; else this build held back.
/// </summary>
public sealed class UpgradeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string? Previous = Environment.GetEnvironmentVariable("BROKER_PREVIOUS");

    [PostgresFact]
    public async Task A_release_replaces_another_without_an_error()
    {
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Silos = 3,
            Executable = Previous ?? BrokerProcess.Executable,
            Arguments = ["--limits", "unlimited", "--Broker:Postgres:MaxConnections=16", .. Previous is null ? ["--Broker:Cluster:HighestLevel=1"] : Array.Empty<string>()],
            IsAtFirstLevel = Previous is null,
        });
        await using var ready = new ReadyNodes(cluster.Nodes);
        await using var load = new Workload(cluster, new WorkloadSize { Lanes = 12, Pipelined = 1, AwsAttempts = 3, Reshards = false }, Environment.TickCount, ready.Address);
        try
        {
            await load.StartAsync();
            await WaitAsync(load, Between);
            var began = Stopwatch.GetTimestamp();
            await WaitAsync(load, Before);
            var replacing = Stopwatch.GetTimestamp();
            await cluster.MigrateAsync(BrokerProcess.Executable);
            foreach (var node in cluster.Nodes)
            {
                await ReplaceAsync(load, ready, node, isOlder: false);
            }

            // Back, as where the new release is not liked. What this build does is the same either way: that is for another one to show.
            foreach (var isOlder in Previous is null ? Array.Empty<bool>() : [true, false])
            {
                foreach (var node in cluster.Nodes)
                {
                    await ReplaceAsync(load, ready, node, isOlder);
                }
            }

            var ended = Stopwatch.GetTimestamp();
            Assert.Equal((1, 2), await UpgradeAsync(load));
            await WaitAsync(load, Between);
            var (p99Before, p99During) = (load.Latencies.Percentile(99, began, replacing), load.Latencies.Percentile(99, replacing, ended));
            output.WriteLine($"p99 {p99Before:F0} ms before, {p99During:F0} ms during; longest {load.Latencies.Percentile(100, replacing, ended):F0} ms; {load.Interruptions} connections lost and found");
            var report = await load.FinishAsync();
            Assert.True(report.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Faults)}");
            Assert.All(load.AwsProducers, producer => Assert.Equal((0, 0), (producer.GivenUp, producer.Refused)));

            // Half a second more; where the machine has other work, what takes long before takes as much longer during the replacements.
            Assert.True(p99During <= (3 * p99Before) + 500, $"p99 was {p99Before:F0} ms before, and {p99During:F0} ms during");

            // There is no way back any more, and whoever tries is told.
            var last = cluster.Nodes[2];
            Assert.Equal(0, await last.DrainAsync(Patience));
            Choose(last, isOlder: true);
            Assert.Contains("newer release", (await Assert.ThrowsAsync<InvalidOperationException>(last.StartAsync)).Message, StringComparison.Ordinal);
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    /// <summary>As Kubernetes ends a pod and starts the next: out of the balancer, SIGTERM, a new process, ready, into the balancer.</summary>
    private async Task ReplaceAsync(Workload load, ReadyNodes ready, BrokerNode node, bool isOlder)
    {
        ready.Remove(node);
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, await node.DrainAsync(Patience));
        Choose(node, isOlder);
        await node.StartAsync();
        ready.Add(node);
        output.WriteLine($"{node.Name}: {(isOlder ? "older" : "newer")} after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        await WaitAsync(load, Between);
    }

    private static void Choose(BrokerNode node, bool isOlder)
    {
        node.Executable = isOlder ? Previous ?? BrokerProcess.Executable : BrokerProcess.Executable;
        node.Arguments = Previous is not null ? [] : isOlder ? ["--Broker:Cluster:HighestLevel=1"] : ["--Broker:Cluster:HighestLevel=2"];
    }

    private static async Task<(int Before, int After)> UpgradeAsync(Workload load)
    {
        var answer = await load.Control.Cluster.UpgradeClusterAsync(new UpgradeClusterRequest());
        return (answer.PreviousLevel, answer.Level);
    }

    private static async Task WaitAsync(Workload load, TimeSpan time) => await await Task.WhenAny(Task.Delay(time), load.Failure);
}
