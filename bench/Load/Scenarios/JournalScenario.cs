using System.Text.Json;
using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>The embedded log at the Storage interface beside raw writes of the very sizes that it made.</summary>
internal sealed class JournalScenario : Scenario
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public override string Name => "journal";

    public override string Title => "the embedded log (4 shards, 16 appends of 64 KiB in flight each) beside raw O_DIRECT|O_DSYNC writes of the sizes that it wrote";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var program = await testbed.ProgramAsync("Journal");
        var output = await testbed.Workspace.RunAsync(
            program, ["ratio", testbed.Workspace.NewPath("journal"), testbed.Seconds, $"{testbed.Options.Rounds}"], testbed.Cancellation);
        var turns = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<Pair>(line, Json)!).ToList();
        var log = Figure.Of("log", "durable: O_DIRECT|O_DSYNC", "MB/s", [.. turns.Select(static turn => new Turn(
            turn.Journal, new Dictionary<string, double> { ["KiB a write"] = turn.WriteBytes / 1024, ["writes"] = turn.Writes }))]);
        var growing = Figure.Of("log that grows", "durable: O_DIRECT|O_DSYNC", "MB/s", [.. turns.Select(static turn => new Turn(turn.Growing))]);
        var raw = Figure.Of("raw writes", "durable: O_DIRECT|O_DSYNC", "MB/s", [.. turns.Select(static turn => new Turn(turn.Raw))]);
        return new ScenarioResult(
            Name,
            Title,
            [log, growing, raw],
            [Check.Ratio("log ÷ raw", log, raw, Bound.AtLeast, 0.7, 0.9)],
            ["log: as much expires as is written, and its files are used again; the one that grows writes the zeros of its next file beside its frames"],
            []);
    }

    /// <summary>A line of bench/Journal's.</summary>
    private sealed record Pair(double Journal, double Growing, double Raw, double WriteBytes, long Writes);
}
