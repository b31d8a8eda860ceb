using System.Diagnostics;
using Broker.Cli.Verify;
using Broker.Tests.Harness.Cluster;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>Load on a cluster, and one fault after the other, each kind as often as time allows; then the verdict on all that was put and read.</summary>
/// <remarks>
/// The seed draws the faults, their order, victims and lengths. What the machine makes of them is not repeated by it: it leads to the same
/// faults, not to the same interleaving.
/// </remarks>
internal sealed class ChaosRun : IAsyncDisposable
{
    /// <summary>The file system under the database, while it is not being filled.</summary>
    public const int DiskMegabytes = 2048;

    /// <summary>How long after a fault's end every lane must be acknowledged again.</summary>
    private static readonly TimeSpan RecoverWithin = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1.5);

    private readonly ClusterProcesses cluster;
    private readonly Keeping keeping;
    private readonly Workload workload;
    private readonly FaultDeck deck;
    private readonly Action<string> tell;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly List<FaultRecord> faults = [];

    private ChaosRun(ClusterProcesses cluster, Workload workload, int seed, Action<string> tell)
    {
        this.cluster = cluster;
        this.workload = workload;
        this.tell = tell;
        keeping = new Keeping(cluster);
        deck = new FaultDeck(cluster, keeping, new Random(seed));
    }

    /// <summary>What was done, and what it cost.</summary>
    public IReadOnlyList<FaultRecord> Faults => faults;

    public int Kinds => deck.Kinds;

    public ClusterProcesses Cluster => cluster;

    /// <summary>Starts three silos, a fourth kept back, and the load.</summary>
    public static async Task<ChaosRun> StartAsync(int seed, Action<string> tell)
    {
        var cluster = await ClusterProcesses.StartAsync(new ClusterSetup
        {
            Silos = 3,
            Spares = 1,
            IsIsolated = true,
            HasSteppedClock = true,
            DatabaseMegabytes = DiskMegabytes,
            Arguments = ["--limits", "unlimited", "--Broker:Postgres:MaxConnections=16"],
        });
        var workload = new Workload(cluster, new WorkloadSize(), seed);
        var run = new ChaosRun(cluster, workload, seed, tell);
        try
        {
            await workload.StartAsync();
            await run.RecoverAsync("the start");
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes faults until the time is up; those begun are ended.</summary>
    public async Task MakeFaultsAsync(TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration)
        {
            foreach (var fault in deck.Draw())
            {
                await MakeAsync(fault);
            }
        }
    }

    /// <summary>Makes one fault, undoes it, and waits until every lane is acknowledged again.</summary>
    public async Task MakeAsync(ChaosFault fault)
    {
        keeping.Now = $"{fault.Kind} ({fault.Target})";
        await fault.Prepare();
        var at = Stopwatch.GetElapsedTime(began);
        var from = Stopwatch.GetTimestamp();
        await fault.Inject();
        var held = Stopwatch.GetTimestamp();
        await WaitAsync(fault.Hold);
        await fault.Heal();
        var spent = Stopwatch.GetElapsedTime(held);
        await RecoverAsync(keeping.Now);
        var record = new FaultRecord(fault.Kind, fault.Target, at, spent, workload.Times.LongestGaps(from, Stopwatch.GetTimestamp()));
        faults.Add(record);
        tell(record.ToString());
        keeping.Now = $"the calm after {fault.Kind} ({fault.Target})";
        await WaitAsync(Calm);
    }

    /// <summary>Ends the load and tells all: faults, their cost by kind, and what the checker has to say.</summary>
    public async Task<VerifyReport> FinishAsync()
    {
        var report = await workload.FinishAsync();
        foreach (var absent in deck.Absent)
        {
            tell($"not done here: {absent}");
        }

        tell($"{"unavailability by fault",-30} {"times",5} {"p50 ms",8} {"p99 ms",8} {"max ms",8}   (longest time without acknowledgement, over {workload.Times.Lanes} keys)");
        foreach (var kind in faults.GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var gaps = kind.SelectMany(fault => fault.Gaps).ToList();
            tell($"{kind.Key,-30} {kind.Count(),5} {FaultRecord.Percentile(gaps, 50),8:F0} {FaultRecord.Percentile(gaps, 99),8:F0} {FaultRecord.Percentile(gaps, 100),8:F0}");
        }

        foreach (var ended in keeping.EndedThemselves)
        {
            tell($"ended itself: {ended}");
        }

        var resharding = workload.Resharding;
        tell($"{resharding.Splits} splits, {resharding.Merges} merges; refused: {string.Join(", ", resharding.Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
        tell(string.Join("; ", workload.AwsProducers.Select((producer, i) => $"AWS producer {i}: {producer.Repeated} calls repeated, {producer.GivenUp} given up")));
        tell($"{report.Acknowledged:N0} acknowledged, {string.Join(", ", report.Read.Select(reader => $"{reader.Value:N0} read by {reader.Key}"))}; {report.Interruptions} interruptions, {report.Overtaken} overtaken while refused");
        foreach (var fault in report.Faults)
        {
            tell(fault.ToString());
        }

        tell(report.Verdict);
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        await workload.DisposeAsync();
        await keeping.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private async Task RecoverAsync(string what)
    {
        var since = Stopwatch.GetTimestamp();
        while (!workload.Times.HaveAllSince(since))
        {
            if (Stopwatch.GetElapsedTime(since) > RecoverWithin)
            {
                throw new TimeoutException(
                    $"{RecoverWithin.TotalSeconds} s after {what}, keys {string.Join(", ", workload.Times.SilentSince(since).Select(lane => $"{lane}-0"))} are not acknowledged.");
            }

            await WaitAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>Waits; ends early, by the fault, where a producer or a reader cannot go on.</summary>
    private async Task WaitAsync(TimeSpan time) => await await Task.WhenAny(Task.Delay(time), workload.Failure);
}
