using Broker.Load.Plots;

namespace Broker.Load.Results;

/// <summary>What a scenario came to.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Title">What it measures.</param>
/// <param name="Figures">A figure a system.</param>
/// <param name="Checks">What follows, and what must.</param>
/// <param name="Notes">What a reader of the figures has to know: what was left out, and why.</param>
/// <param name="Plots">Drawings of it.</param>
internal sealed record ScenarioResult(
    string Scenario, string Title, IReadOnlyList<Figure> Figures, IReadOnlyList<Check> Checks, IReadOnlyList<string> Notes, IReadOnlyList<Plot> Plots);
