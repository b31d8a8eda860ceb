namespace Broker.Gateway.Appending;

/// <summary>Brings portions that came from several parents into the order in which their batches came, one portion an identity.</summary>
internal static class PortionOrder
{
    public static List<AppendPortion> Restore(List<AppendPortion> portions)
    {
        var ordered = new List<AppendPortion>(portions.Count);
        var places = new Dictionary<AppendGroup, int>(ReferenceEqualityComparer.Instance);
        foreach (var portion in portions.OrderBy(static portion => portion.Batch.Order))
        {
            if (places.TryGetValue(portion.Group, out var place))
            {
                ordered[place] = PortionEditor.Join(ordered[place], portion);
            }
            else
            {
                places.Add(portion.Group, ordered.Count);
                ordered.Add(portion);
            }
        }

        return ordered;
    }
}
