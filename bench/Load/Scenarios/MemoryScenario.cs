using System.Diagnostics;
using System.Globalization;
using Broker.Load.Plots;
using Broker.Load.Results;
using Broker.Load.Systems;
using Broker.Load.Workbench;

namespace Broker.Load.Scenarios;

/// <summary>Resident memory at full load. Each piece of the load has a stream of its own that is deleted after it, for the disk's sake.</summary>
internal sealed class MemoryScenario : Scenario
{
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan QuickDuration = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(1);

    public override string Name => "memory";

    public override string Title => "resident memory at full load for 10 minutes (quick: 20 s), Produce of 500 × 1 KiB";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var duration = testbed.Options.Quick ? QuickDuration : Duration;
        var piece = (duration.TotalSeconds / 20 is > 10 and var length ? length : 10).ToString(CultureInfo.InvariantCulture);
        var metrics = Workspace.FreePort();
        await using var broker = await testbed.StartBrokerAsync("--metrics", $"http://127.0.0.1:{metrics}");
        using var done = CancellationTokenSource.CreateLinkedTokenSource(testbed.Cancellation);
        var clock = Stopwatch.StartNew();
        var samples = new List<(double Seconds, double Mebibytes)>();
        var sampling = SampleAsync();
        long records = 0;
        while (clock.Elapsed < duration)
        {
            records += (await broker.BenchAsync("put", "--seconds", piece, "--shards", "4")).Records;
        }

        var minutes = clock.Elapsed.TotalMinutes;
        await done.CancelAsync();
        await sampling;
        var second = samples.Where(sample => sample.Seconds >= clock.Elapsed.TotalSeconds / 2).ToList();
        var first = samples.Except(second).ToList();
        var gen2 = await Gen2Async(metrics, testbed.Cancellation);
        var figure = Figure.Of("broker", BrokerServer.Embedded, "MiB", [new Turn(second.Max(static sample => sample.Mebibytes), new Dictionary<string, double>
        {
            ["median MiB of the first half"] = Median(first),
            ["median MiB of the second half"] = Median(second),
            ["records/s"] = records / minutes / 60,
        })]);
        var checks = new List<Check>
        {
            new("resident memory, the largest of the second half", figure.Value, "MiB", Bound.AtMost, 600, 400),
            new("growth from the first half to the second, medians", (Median(second) / Median(first) * 100) - 100, "%", Bound.AtMost, 10, null),
        };
        if (gen2 is { } collections)
        {
            checks.Add(new Check("Gen2 collections a minute", collections / minutes, "", Bound.AtMost, null, null));
        }

        return new ScenarioResult(Name, Title, [figure], checks, gen2 is null ? ["the broker's metrics do not tell collections"] : [], [new Plot(
            "memory.svg", "Resident memory at full load", new Axis("seconds"), new Axis("MiB"), [new Line("broker", samples)])]);

        async Task SampleAsync()
        {
            while (!done.IsCancellationRequested)
            {
                samples.Add((clock.Elapsed.TotalSeconds, broker.Process.ResidentBytes / 1024.0 / 1024));
                await Task.Delay(BetweenSamples, done.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    /// <summary>The counter of .NET's own runtime metrics; null where the broker does not collect them.</summary>
    private static async Task<double?> Gen2Async(int port, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), cancellation);
        var line = text.Split('\n').FirstOrDefault(static line => line.StartsWith("dotnet_gc_collections", StringComparison.Ordinal) && line.Contains("gen2", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static double Median(List<(double Seconds, double Mebibytes)> samples) =>
        samples.Select(static sample => sample.Mebibytes).Order().ElementAtOrDefault(samples.Count / 2);
}
