namespace Broker.Load.Results;

/// <summary>What one turn of one system came to.</summary>
/// <param name="Value">In the scenario's unit.</param>
/// <param name="Details">Further figures of the turn by name, as printed beside it.</param>
internal sealed record Turn(double Value, IReadOnlyDictionary<string, double> Details)
{
    public Turn(double value)
        : this(value, new Dictionary<string, double>())
    {
    }
}
