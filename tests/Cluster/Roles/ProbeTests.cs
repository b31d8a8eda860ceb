using System.Diagnostics;
using System.Net;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Grpc.Core;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Roles;

/// <summary>Probes tell of the process that is asked: a database or a silo that does not answer must not have pods restarted or taken out.</summary>
public sealed class ProbeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    [PostgresFact]
    public async Task Probes_are_answered_while_the_database_is_held_and_while_every_silo_is_frozen()
    {
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup { Gateways = 1, Silos = 1 });
        var (gateway, silo) = (cluster.Nodes[0], cluster.Nodes[1]);
        try
        {
            using var channel = BrokerProcess.Connect(gateway.Endpoint);
            var streams = new StreamService.StreamServiceClient(channel);
            await CreateAsync(streams, "before", DateTime.UtcNow.AddSeconds(30));

            gateway.Database.Hold();
            silo.Database.Hold();
            var waiting = CreateAsync(streams, "held", DateTime.UtcNow.AddSeconds(5));
            await AnswerAsync(waiting, gateway, silo);
            gateway.Database.Release();
            silo.Database.Release();

            await silo.FreezeAsync();
            waiting = CreateAsync(streams, "frozen", DateTime.UtcNow.AddSeconds(3));
            await AnswerAsync(waiting, gateway);
            await silo.ThawAsync();
            await CreateAsync(streams, "after", DateTime.UtcNow.AddSeconds(60));
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    private static async Task CreateAsync(StreamService.StreamServiceClient streams, string name, DateTime deadline) =>
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = 1, Mode = StreamMode.Provisioned }, deadline: deadline);

    /// <summary>Asks every probe of the nodes for as long as a call waits, which fails: so what it needs was away all the time.</summary>
    private static async Task AnswerAsync(Task waiting, params BrokerNode[] nodes)
    {
        using var http = new HttpClient();
        do
        {
            foreach (var node in nodes)
            {
                foreach (var path in new[] { "livez", "readyz", "healthz" })
                {
                    var began = Stopwatch.GetTimestamp();
                    using var answer = await http.GetAsync(new Uri($"{node.Endpoint}/{path}"));
                    Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                    Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Bound);
                }
            }

            await Task.Delay(100);
        }
        while (!waiting.IsCompleted);

        var fault = await Assert.ThrowsAsync<RpcException>(() => waiting);
        Assert.True(fault.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Unavailable, fault.ToString());
    }
}
