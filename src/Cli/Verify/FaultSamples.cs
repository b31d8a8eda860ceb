namespace Broker.Cli.Verify;

/// <summary>Faults, all counted, and the first of each kind kept as evidence.</summary>
internal sealed class FaultSamples
{
    private const int MostOfAKind = 20;

    private readonly Dictionary<FaultKind, (long Count, List<VerifyFault> First)> kinds = [];

    /// <summary>The evidence, by kind.</summary>
    public IReadOnlyList<VerifyFault> Samples => [.. kinds.OrderBy(kind => kind.Key).SelectMany(kind => kind.Value.First)];

    public long Count(FaultKind kind) => kinds.GetValueOrDefault(kind).Count;

    public void Add(VerifyFault fault)
    {
        var (count, first) = kinds.GetValueOrDefault(fault.Kind, (0, []));
        if (count < MostOfAKind)
        {
            first.Add(fault);
        }

        kinds[fault.Kind] = (count + 1, first);
    }

    public FaultSamples Copy()
    {
        var copy = new FaultSamples();
        foreach (var (kind, (count, first)) in kinds)
        {
            copy.kinds[kind] = (count, [.. first]);
        }

        return copy;
    }
}
