using Broker.Contracts.Streams;

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

    /// <summary>Takes out the portions of which another part, for the same shard by now, failed at one of its parents.</summary>
    public static List<AppendPortion> TakeBroken(List<AppendPortion> portions, HashKeyRange range)
    {
        var broken = portions.FindAll(portion => portion.Group.HasLost(range));
        if (broken.Count > 0)
        {
            portions.RemoveAll(broken.Contains);
        }

        return broken;
    }
}
