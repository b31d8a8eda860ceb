using System.Diagnostics;
using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Groups.Faults;

/// <summary>Several worker processes under load, killed and paused at random while shards split and merge; their logs are judged by <see cref="GroupLedger"/>.</summary>
/// <remarks>BROKER_GROUPS_SEED repeats a run.</remarks>
public sealed class GroupFaultTests(ITestOutputHelper output)
{
    private const int Failover = 2;
    private const int Keys = 32;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(Failover + 1);

    [Fact]
    public async Task WorkersThatAreKilledAndPausedLoseNothingAndShareTheWorkAgain()
    {
        var random = NewRandom();
        await using var broker = await GroupBroker.StartAsync(shards: 8);
        using var workers = new Workers(broker.Endpoint, "faulted", Failover);
        for (var i = 0; i < 4; i++)
        {
            workers.Start();
        }

        await using var producer = broker.NewProducer();
        var load = new GroupLoad(producer, Keys);
        using var stop = new CancellationTokenSource();
        var loading = load.RunAsync(stop.Token);
        await ProcessedAsync(workers, load, broker);
        for (var round = 0; round < 5; round++)
        {
            await DisturbAsync(workers, random, kill: round % 2 == 0);
            if (round == 1)
            {
                await broker.SplitAsync("shardId-000000000001");
            }
            else if (round == 3)
            {
                await broker.MergeAsync("shardId-000000000002", "shardId-000000000003");
            }
        }

        // Whoever comes is given work, and whoever dies leaves it to the others.
        workers.Start();
        await Eventually.HoldsAsync(() => workers.Shards(4).Count > 0, () => $"the new worker has a shard\n{workers.Output}");
        var joined = workers.Read(4).First(one => one.Kind == "joined").Time;
        output.WriteLine($"a new worker has work after {Workers.Between(joined, workers.Read(4).First(one => one.Kind == "granted").Time).TotalSeconds:F2} s");
        var left = workers.Shards(4);
        await workers.KillAsync(4);
        var died = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(
            () => left.All(shard => Enumerable.Range(0, 4).Any(worker => workers.Read(worker).Any(one => one.Kind == "granted" && one.Shard == shard && one.Time > died))),
            () => $"the others have what it left\n{workers.Output}");
        output.WriteLine($"what a dead one left is taken after {Workers.Between(died, workers.Read().Where(one => one.Kind == "granted" && left.Contains(one.Shard)).Max(one => one.Time)).TotalSeconds:F2} s");
        workers.Start(4);
        await stop.CancelAsync();
        await loading;
        await JudgeAsync(workers, load, broker);
    }

    [PostgresFact]
    public async Task WorkersOfAClusterOutliveItsSilos()
    {
        var random = NewRandom();
        await using var cluster = await ClusterProcesses.StartAsync(new ClusterSetup { Silos = 2, Arguments = ["--limits", "unlimited"] });
        using (var channel = BrokerProcess.Connect(cluster.Nodes[0].Endpoint))
        {
            var streams = new StreamService.StreamServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = GroupBroker.Stream, ShardCount = 4, Mode = StreamMode.OnDemand });
            await BrokerProcess.WaitUntilActiveAsync(streams, GroupBroker.Stream);
        }

        using var workers = new Workers(string.Join(',', cluster.Nodes.Select(node => node.Endpoint)), "clustered", Failover);
        for (var i = 0; i < 3; i++)
        {
            workers.Start();
        }

        await using var producer = new BrokerProducer(new BrokerProducerOptions
        {
            StreamName = GroupBroker.Stream,
            Endpoints = [.. cluster.Nodes.Select(node => new Uri(node.Endpoint))],
            RecordTimeToLive = TimeSpan.FromMinutes(2),
        });
        var load = new GroupLoad(producer, Keys);
        using var stop = new CancellationTokenSource();
        var loading = load.RunAsync(stop.Token);
        await ProcessedAsync(workers, load, cluster);
        var node = cluster.Nodes[random.Next(2)];
        await node.KillAsync();
        await DisturbAsync(workers, random, kill: true);
        await ProcessedAsync(workers, load, cluster);
        await node.StartAsync();
        await ProcessedAsync(workers, load, cluster);
        await stop.CancelAsync();
        await loading;
        await JudgeAsync(workers, load, cluster);
    }

    private Random NewRandom()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("BROKER_GROUPS_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    private static async Task DisturbAsync(Workers workers, Random random, bool kill)
    {
        var victim = random.Next(workers.Count);
        await Task.Delay(random.Next(500));
        if (kill)
        {
            await workers.KillAsync(victim);
            await Task.Delay(random.Next(1_000));
            workers.Start(victim);
        }
        else
        {
            // It wakes up as one that lost its shards without knowing it.
            await workers.SignalAsync(victim, "STOP");
            await Task.Delay(Pause);
            await workers.SignalAsync(victim, "CONT");
        }
    }

    /// <summary>Waits until what is put now is processed.</summary>
    private static async Task ProcessedAsync(Workers workers, GroupLoad load, object broker)
    {
        await Eventually.HoldsAsync(() => load.Count > 0, () => "something is put");
        var put = load.Put;
        await Eventually.HoldsAsync(() => !GroupLedger.Missing(workers.Read(), put).Any(), () => Told("what was put is processed", workers, broker));
    }

    private async Task JudgeAsync(Workers workers, GroupLoad load, object broker)
    {
        await ProcessedAsync(workers, load, broker);
        await Eventually.HoldsAsync(() => workers.HaveJoined, () => Told("those started last have joined", workers, broker));
        Assert.All(await workers.TerminateAsync(), code => Assert.True(code == 0, Told($"a worker ended with {code}", workers, broker)));
        var events = workers.Read();
        var faults = GroupLedger.Faults(events, load.Put).Take(20).ToList();
        Assert.True(faults.Count == 0, Told(string.Join('\n', faults), workers, broker));
        var records = events.Count(one => one.Kind == "record");
        output.WriteLine($"{load.Count} records, {records - load.Count} of them again; {events.Count(one => one.Kind == "granted")} leases granted");
    }

    private static string Told(string what, Workers workers, object broker) =>
        $"{what}\n{workers.Output}\n{(broker is GroupBroker one ? one.Output : ((ClusterProcesses)broker).Output)}";
}
