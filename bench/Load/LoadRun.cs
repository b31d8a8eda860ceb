using System.Diagnostics;
using Broker.Load.Plots;
using Broker.Load.Results;
using Broker.Load.Scenarios;
using Broker.Load.Systems;
using Broker.Load.Workbench;

namespace Broker.Load;

/// <summary>A run: scenarios one after another, a table each as soon as it is measured, then the history's line and the plots.</summary>
internal static class LoadRun
{
    private const int Interrupted = 130;

    /// <returns>0; 1 where something could not be measured or a bound was missed; 130 when interrupted.</returns>
    public static async Task<int> RunAsync(LoadOptions options, CancellationToken cancellation)
    {
        var repository = Directory.GetCurrentDirectory();
        var began = DateTimeOffset.UtcNow;
        var machine = Machine.Describe(options.Directory);
        var clock = Stopwatch.StartNew();
        var results = new List<ScenarioResult>();
        var failures = 0;
        try
        {
            await using var workspace = new Workspace(options.Directory, repository);
            var testbed = new Testbed(options, workspace, what => Console.Error.WriteLine($"[{clock.Elapsed:mm\\:ss}] {what}"), cancellation);
            var commit = await CommitAsync(workspace, cancellation);
            Console.WriteLine(
                $"{commit}; {machine.Processors} processors ({machine.Model}), {machine.System}, {machine.Runtime}; data on {machine.FileSystem}; load before {machine.LoadBefore}; "
                + $"{options.Rounds} turns of {testbed.Seconds} s each");
            foreach (var scenario in ScenarioList.Select(options.Scenarios))
            {
                cancellation.ThrowIfCancellationRequested();
                testbed.Tell(scenario.Name);
                try
                {
                    var result = await scenario.RunAsync(testbed);
                    results.Add(result);
                    Console.WriteLine(ResultTable.Write(result));
                }
                catch (Exception e) when (e is LoadException or IOException or HttpRequestException)
                {
                    failures++;
                    Console.WriteLine($"== {scenario.Name}: not measured: {e.Message}{Environment.NewLine}");
                }
            }

            var report = new RunReport(commit, began, machine, options.Quick, options.Turn.TotalSeconds, options.Rounds, results);
            if (options.History is { } history && results.Count > 0)
            {
                await report.AppendToAsync(history);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Console.Error.WriteLine("interrupted");
            return Interrupted;
        }

        foreach (var plot in results.SelectMany(static result => result.Plots))
        {
            Directory.CreateDirectory(options.Plots);
            var file = Path.Combine(options.Plots, plot.FileName);
            SvgPlot.Draw(plot).Save(file);
            Console.WriteLine($"plot: {file}");
        }

        var missed = results.SelectMany(static result => result.Checks.Select(check => (result.Scenario, check))).Where(static item => item.check.Holds == false).ToList();
        Console.WriteLine(
            $"{results.Count} scenarios in {clock.Elapsed.TotalSeconds:F0} s, {results.Sum(static result => result.Checks.Count(static check => check.Holds == true))} bounds hold, {missed.Count} missed"
            + (missed.Count > 0 ? $": {string.Join("; ", missed.Select(static item => $"{item.Scenario}: {item.check.What}"))}" : "")
            + (failures > 0 ? $"; {failures} scenarios not measured" : ""));
        return missed.Count + failures > 0 ? 1 : 0;
    }

    private static async Task<string> CommitAsync(Workspace workspace, CancellationToken cancellation)
    {
        try
        {
            var commit = (await workspace.RunAsync("git", ["rev-parse", "--short=12", "HEAD"], cancellation)).Trim();
            return (await workspace.RunAsync("git", ["status", "--porcelain", "--untracked-files=no"], cancellation)).Length > 0 ? $"{commit}+" : commit;
        }
        catch (LoadException)
        {
            // An archive of the sources is no repository.
            return "unknown";
        }
    }
}
