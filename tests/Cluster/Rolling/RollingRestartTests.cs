using System.Diagnostics;
using Broker.Tests.Cluster.Chaos;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Rolling;

/// <summary>Three silos are restarted one after the other under load, as a rollout does it: no client with its default retries gets an error.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    [PostgresFact]
    public async Task A_rolling_restart_shows_clients_no_error_and_hardly_a_delay()
    {
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Silos = 3,
            Arguments = ["--limits", "unlimited", "--Broker:Postgres:MaxConnections=16"],
        });
        await using var ready = new ReadyNodes(cluster.Nodes);
        await using var load = new Workload(cluster, new WorkloadSize { Lanes = 12, Pipelined = 1, AwsAttempts = 3, Reshards = false }, Environment.TickCount, ready.Address);
        try
        {
            await load.StartAsync();
            using var boto3 = Boto3Load.Absence is null || Environment.GetEnvironmentVariable("CI") == "true" ? new Boto3Load(ready.Address, Workload.Stream) : null;
            output.WriteLine(boto3 is null ? Boto3Load.Absence : "boto3 puts and reads as well");
            await WaitAsync(load, Between);
            var began = Stopwatch.GetTimestamp();
            await WaitAsync(load, Before);
            var restarting = Stopwatch.GetTimestamp();
            foreach (var node in cluster.Nodes)
            {
                await RestartAsync(ready, node);
                await WaitAsync(load, Between);
            }

            var ended = Stopwatch.GetTimestamp();
            var (p99Before, p99During) = (load.Latencies.Percentile(99, began, restarting), load.Latencies.Percentile(99, restarting, ended));
            output.WriteLine($"p99 {p99Before:F0} ms before, {p99During:F0} ms during; longest {load.Latencies.Percentile(100, restarting, ended):F0} ms; {load.Interruptions} connections lost and found");
            if (boto3 is not null)
            {
                var said = await boto3.EndAsync();
                output.WriteLine($"boto3: {said.Put} put, {said.Read} read, p99 {said.P99Milliseconds:F0} ms");
                Assert.Empty(said.Errors);
                Assert.Equal(0, said.Refused);
                Assert.True(said is { Put: > 100, Read: > 100 });
            }

            var report = await load.FinishAsync();
            Assert.True(report.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Faults)}");
            Assert.All(load.AwsProducers, producer => Assert.Equal((0, 0), (producer.GivenUp, producer.Refused)));
            Assert.Equal(0, report.Overtaken);

            // Half a second more; where the machine has other work, what takes long before takes as much longer during the restarts.
            Assert.True(p99During <= (3 * p99Before) + 500, $"p99 was {p99Before:F0} ms before, and {p99During:F0} ms during the restarts");
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    /// <summary>As Kubernetes ends a pod and starts the next: out of the balancer, SIGTERM, a new process, ready, into the balancer.</summary>
    private async Task RestartAsync(ReadyNodes ready, BrokerNode node)
    {
        ready.Remove(node);
        var stopping = Stopwatch.GetTimestamp();
        Assert.Equal(0, await node.DrainAsync(TimeSpan.FromSeconds(60)));
        var stopped = Stopwatch.GetElapsedTime(stopping);
        await node.StartAsync();
        ready.Add(node);
        output.WriteLine($"{node.Name}: stopped in {stopped.TotalSeconds:F1} s, serving {(Stopwatch.GetElapsedTime(stopping) - stopped).TotalSeconds:F1} s later");
    }

    private static async Task WaitAsync(Workload load, TimeSpan time) => await await Task.WhenAny(Task.Delay(time), load.Failure);
}
