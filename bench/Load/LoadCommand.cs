using System.CommandLine;
using Broker.Load.Scenarios;

namespace Broker.Load;

/// <summary>The command line: <c>scripts/bench</c>.</summary>
internal static class LoadCommand
{
    private const double LongestTurnSeconds = 600;
    private const int MostRounds = 99;

    public static RootCommand Create()
    {
        var scenarios = new Argument<string[]>("scenario")
        {
            Description = $"What to measure: {string.Join(", ", ScenarioList.All.Select(static scenario => scenario.Name))}. Without any, all but matrix.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var quick = new Option<bool>("--quick") { Description = "Short turns, one round: under 5 minutes, to see that all works. Not to be quoted." };
        var seconds = new Option<double?>("--seconds") { Description = "Length of a turn. Default 6; quick 2.", HelpName = "N" };
        var rounds = new Option<int?>("--rounds") { Description = "Turns of each system, of which the median counts. Default 3; quick 1.", HelpName = "N" };
        var binaries = new Option<string?>("--bin") { Description = "Directory of a published broker. Default: published here.", HelpName = "DIR" };
        var directory = new Option<string?>("--directory") { Description = "Where data goes: on the disk to be measured. Default the temporary directory.", HelpName = "DIR" };
        var history = new Option<string?>("--history") { Description = "File that takes a line of JSON; - for none. Default bench/history.jsonl; quick artifacts/bench/history.jsonl.", HelpName = "FILE" };
        var plots = new Option<string?>("--plots") { Description = "Directory of the plots. Default docs/benchmarks; quick artifacts/bench.", HelpName = "DIR" };
        seconds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (null or (>= 0.5 and <= LongestTurnSeconds)))
            {
                result.AddError($"--seconds takes 0.5 to {LongestTurnSeconds}.");
            }
        });
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is not (null or (>= 1 and <= MostRounds)))
            {
                result.AddError($"--rounds takes 1 to {MostRounds}.");
            }
        });
        scenarios.Validators.Add(result =>
        {
            try
            {
                ScenarioList.Select(result.GetValueOrDefault<string[]>() ?? []);
            }
            catch (LoadException e)
            {
                result.AddError(e.Message);
            }
        });
        var command = new RootCommand("Measure the broker beside its peers and the machine's ceilings, in one run.") { scenarios, quick, seconds, rounds, binaries, directory, history, plots };
        command.SetAction((parse, cancellation) =>
        {
            var isQuick = parse.GetValue(quick);
            var results = isQuick ? Path.Combine("artifacts", "bench") : null;
            return LoadRun.RunAsync(
                new LoadOptions(
                    parse.GetValue(scenarios) ?? [],
                    isQuick,
                    TimeSpan.FromSeconds(parse.GetValue(seconds) ?? (isQuick ? 2 : 6)),
                    parse.GetValue(rounds) ?? (isQuick ? 1 : 3),
                    parse.GetValue(binaries),
                    parse.GetValue(directory) ?? Path.GetTempPath(),
                    parse.GetValue(history) switch { "-" => null, null => Path.Combine(results ?? "bench", "history.jsonl"), var file => file },
                    parse.GetValue(plots) ?? results ?? Path.Combine("docs", "benchmarks")),
                cancellation);
        });
        return command;
    }
}
