using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Load.Results;

/// <summary>A run of the harness: a line of bench/history.jsonl.</summary>
/// <param name="Commit">The commit; ends in "+" where the work tree had changes.</param>
/// <param name="Date">When it began.</param>
/// <param name="Machine">On what.</param>
/// <param name="Quick">Whether turns were too short to quote.</param>
/// <param name="TurnSeconds">Length of a turn.</param>
/// <param name="Rounds">Turns of each system.</param>
/// <param name="Scenarios">Results in their order.</param>
internal sealed record RunReport(
    string Commit, DateTimeOffset Date, Machine Machine, bool Quick, double TurnSeconds, int Rounds, IReadOnlyList<ScenarioResult> Scenarios)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One line of JSON without its end.</summary>
    public string ToLine() => JsonSerializer.Serialize(
        new
        {
            Commit,
            Date,
            Machine,
            Quick,
            TurnSeconds,
            Rounds,
            Scenarios = Scenarios.Select(static result => new
            {
                result.Scenario,
                Figures = result.Figures.Select(static figure => new
                {
                    figure.System,
                    figure.Durability,
                    figure.Unit,
                    Value = Rounding.ToFour(figure.Value),
                    Turns = figure.Turns.Select(Rounding.ToFour),
                    Details = figure.Details.ToDictionary(static detail => detail.Key, static detail => Rounding.ToFour(detail.Value)),
                }),
                Checks = result.Checks.Select(static check => new
                {
                    check.What,
                    Value = Rounding.ToFour(check.Value),
                    check.Unit,
                    check.Side,
                    check.Must,
                    check.Aim,
                    check.Holds,
                }),
                result.Notes,
            }),
        },
        Json);

    /// <summary>Appends the line to a file, which is made when there is none.</summary>
    public async Task AppendToAsync(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        await File.AppendAllTextAsync(file, ToLine() + "\n");
    }
}
