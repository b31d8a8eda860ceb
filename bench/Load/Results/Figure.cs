namespace Broker.Load.Results;

/// <summary>The figure of a system in a scenario: the median of its turns.</summary>
/// <param name="System">What was measured.</param>
/// <param name="Durability">What an acknowledgement of it means, or what else it stands for.</param>
/// <param name="Unit">Of <paramref name="Value"/>.</param>
/// <param name="Value">The median; of an even number of turns, the mean of the two in the middle.</param>
/// <param name="Turns">All turns, in the order in which they ran.</param>
/// <param name="Details">Further figures of the turn that is the median, or the lower of the two in the middle.</param>
internal sealed record Figure(
    string System, string Durability, string Unit, double Value, IReadOnlyList<double> Turns, IReadOnlyDictionary<string, double> Details)
{
    /// <exception cref="ArgumentException">There is no turn.</exception>
    public static Figure Of(string system, string durability, string unit, IReadOnlyList<Turn> turns)
    {
        if (turns.Count == 0)
        {
            throw new ArgumentException($"{system} had no turn.", nameof(turns));
        }

        var sorted = turns.OrderBy(static turn => turn.Value).ToList();
        var middle = sorted[(sorted.Count - 1) / 2];
        return new Figure(
            system, durability, unit, (middle.Value + sorted[sorted.Count / 2].Value) / 2, [.. turns.Select(static turn => turn.Value)], middle.Details);
    }
}
