using System.Globalization;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Cluster.Network;
using Broker.Tests.Harness.Postgres;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>The faults of a run in a drawn order: each kind once before any comes again.</summary>
internal sealed class FaultDeck
{
    private readonly ClusterProcesses cluster;
    private readonly Keeping keeping;
    private readonly Random random;
    private readonly List<Func<IEnumerable<ChaosFault>>> kinds;
    private readonly Queue<Func<IEnumerable<ChaosFault>>> drawn = [];

    public FaultDeck(ClusterProcesses cluster, Keeping keeping, Random random)
    {
        (this.cluster, this.keeping, this.random) = (cluster, keeping, random);
        kinds = [Kill, Freeze, CrashDatabase, RestartDatabase, SlowDatabase, AddAndDrain];
        if (cluster.Network is not null)
        {
            kinds.AddRange([CutSilos, CutDatabase, CutClients, CutOneWay, SlowSilo]);
        }
        else
        {
            kinds.Add(HoldDatabase);
            Absent.Add($"cuts between silos and between clients and silos, one-way cuts, slow silos: {ClusterNetwork.Absence ?? "the cluster is on loopback."} "
                + "A proxy cut silos from the database in their stead.");
        }

        if (PostgresServer.StandbyAbsence is { } noStandby)
        {
            Absent.Add($"promotion of a standby: {noStandby}");
        }
        else
        {
            kinds.Add(Promote);
        }

        if (SteppedClock.Absence is { } noClock)
        {
            Absent.Add($"clock steps: {noClock}");
        }
        else
        {
            kinds.Add(StepClock);
        }

        if (cluster.Server.Disk is not null)
        {
            kinds.Add(FillDisk);
        }
        else
        {
            Absent.Add("disk full under PostgreSQL: a small file system takes root and an installed server.");
        }

        if (Environment.GetEnvironmentVariable("BROKER_CHAOS_ONLY") is { Length: > 0 } only)
        {
            kinds.RemoveAll(kind => !only.Split(',').Contains(kind.Method.Name));
        }
    }

    /// <summary>What is not done here, and why.</summary>
    public List<string> Absent { get; } = [];

    public int Kinds => kinds.Count;

    /// <summary>The next faults; several where one makes no sense without the other.</summary>
    public IEnumerable<ChaosFault> Draw()
    {
        if (drawn.Count == 0)
        {
            foreach (var kind in kinds.OrderBy(_ => random.Next()))
            {
                drawn.Enqueue(kind);
            }
        }

        return drawn.Dequeue()();
    }

    private IEnumerable<ChaosFault> Kill()
    {
        var node = Pick();
        yield return new ChaosFault("SIGKILL of a silo", node.Name, () => keeping.WithoutAsync(node, node.KillAsync), Seconds(3, 5), () => keeping.RestoreAsync(node));
    }

    private IEnumerable<ChaosFault> Freeze()
    {
        var node = Pick();
        yield return new ChaosFault("SIGSTOP of a silo", node.Name, node.FreezeAsync, Seconds(3, 10), node.ThawAsync);
    }

    /// <summary>Of the one silo that has a clock of its own; nothing where that is down.</summary>
    private IEnumerable<ChaosFault> StepClock()
    {
        if (cluster.Running.FirstOrDefault(node => node.Clock is not null) is { Clock: { } clock } node)
        {
            var ahead = TimeSpan.FromSeconds(random.Next(2, 30) * (random.Next(2) == 0 ? 1 : -1));
            yield return new ChaosFault(
                "clock step", string.Create(CultureInfo.InvariantCulture, $"{node.Name}, {ahead.TotalSeconds:+0;-0} s"), () => Step(ahead), Seconds(4, 7), () => Step(TimeSpan.Zero));

            Task Step(TimeSpan to)
            {
                clock.Step(to);
                return Task.CompletedTask;
            }
        }
    }

    private IEnumerable<ChaosFault> CrashDatabase()
    {
        yield return new ChaosFault("crash of PostgreSQL", "kill -9 of the postmaster", cluster.Server.KillAsync, Seconds(0.2, 2), cluster.Server.RestartAsync);
    }

    private IEnumerable<ChaosFault> RestartDatabase()
    {
        yield return new ChaosFault("restart of PostgreSQL", "fast stop and start", cluster.Server.StopAsync, Seconds(0.2, 2), cluster.Server.RestartAsync);
    }

    /// <summary>A synchronous standby takes the place of its killed primary, behind the same address.</summary>
    private IEnumerable<ChaosFault> Promote()
    {
        PostgresServer? standby = null;
        yield return new ChaosFault(
            "promotion of a standby", "synchronous, behind the same address", () => cluster.FailOverAsync(standby!), TimeSpan.Zero, () => Task.CompletedTask)
        {
            Prepare = async () => standby = await cluster.AddStandbyAsync(),
        };
    }

    private IEnumerable<ChaosFault> SlowDatabase()
    {
        var latency = TimeSpan.FromMilliseconds(random.Next(10, 60));
        yield return new ChaosFault(
            "slow database", string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds} ms each way, by a proxy"), () => Delay(latency), Seconds(3, 6), () => Delay(TimeSpan.Zero));

        Task Delay(TimeSpan delay)
        {
            foreach (var node in cluster.Nodes)
            {
                node.Database.Latency = delay;
            }

            return Task.CompletedTask;
        }
    }

    private IEnumerable<ChaosFault> HoldDatabase()
    {
        var node = Pick();
        yield return new ChaosFault(
            "silo without database", $"{node.Name}, by a proxy", () => Do(node.Database.Hold), Seconds(3, 8), () => Do(node.Database.Release));

        static Task Do(Action work)
        {
            work();
            return Task.CompletedTask;
        }
    }

    private IEnumerable<ChaosFault> AddAndDrain()
    {
        var spare = cluster.Nodes.First(node => !node.IsRunning);
        yield return new ChaosFault("joining silo", spare.Name, () => keeping.RestoreAsync(spare), Seconds(3, 5), () => Task.CompletedTask);
        var leaving = Pick();
        yield return new ChaosFault(
            "drained silo", leaving.Name, () => keeping.WithoutAsync(leaving, () => keeping.DrainAsync(leaving)), Seconds(1, 2), () => Task.CompletedTask);
    }

    private IEnumerable<ChaosFault> CutSilos()
    {
        var (one, other) = (Pick(), Pick());
        while (one == other)
        {
            other = Pick();
        }

        yield return Cut("cut: silo and silo", one.Place!, other.Place!, $"{one.Name} and {other.Name}");
    }

    private IEnumerable<ChaosFault> CutDatabase()
    {
        var node = Pick();
        yield return Cut("cut: silo and database", node.Place!, cluster.DatabasePlace!, node.Name);
    }

    private IEnumerable<ChaosFault> CutClients()
    {
        var node = Pick();
        yield return Cut("cut: clients and gateway", node.Place!, cluster.Network!.Here, node.Name);
    }

    private IEnumerable<ChaosFault> CutOneWay()
    {
        var network = cluster.Network!;
        var node = Pick();
        var others = cluster.Running.Where(other => other != node).Select(other => (Place: other.Place!, other.Name)).Append((cluster.DatabasePlace!, "the database")).ToArray();
        var (other, name) = others[random.Next(others.Length)];
        var (from, to, way) = random.Next(2) == 0 ? (node.Place!, other, $"{node.Name} to {name}") : (other, node.Place!, $"{name} to {node.Name}");
        yield return new ChaosFault("cut one way", way, () => network.CutAsync(from, to), Seconds(3, 8), () => network.HealAsync(from, to));
    }

    private IEnumerable<ChaosFault> SlowSilo()
    {
        var network = cluster.Network!;
        var node = Pick();
        yield return new ChaosFault(
            "slow network of a silo", $"{node.Name}, {(network.HasNetem ? "80 ms a packet" : "6 Mbit/s (the kernel has no netem)")}",
            () => network.SlowAsync(node.Place!, TimeSpan.FromMilliseconds(80)), Seconds(3, 6), () => network.HurryAsync(node.Place!));
    }

    /// <summary>Nothing where a standby has taken over, which has no disk for itself.</summary>
    private IEnumerable<ChaosFault> FillDisk()
    {
        if (cluster.Server.Disk is not { } disk)
        {
            yield break;
        }

        yield return new ChaosFault(
            "disk full under PostgreSQL", $"{disk.UsedMegabytes} MB used", () => Task.Run(() => disk.Resize(disk.UsedMegabytes + 1)), Seconds(3, 5),
            async () =>
            {
                disk.Resize(ChaosRun.DiskMegabytes);
                await cluster.Server.RestartAsync();
            });
    }

    private ChaosFault Cut(string kind, NetworkNode one, NetworkNode other, string target)
    {
        var network = cluster.Network!;
        return new ChaosFault(
            kind, target,
            () => Task.WhenAll(network.CutAsync(one, other), network.CutAsync(other, one)),
            Seconds(3, 8),
            () => Task.WhenAll(network.HealAsync(one, other), network.HealAsync(other, one)));
    }

    private BrokerNode Pick()
    {
        var running = cluster.Running.ToArray();
        return running[random.Next(running.Length)];
    }

    private TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (random.NextDouble() * (most - least)));
}
