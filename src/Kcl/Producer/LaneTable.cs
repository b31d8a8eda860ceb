namespace Broker.Kcl.Producer;

/// <summary>Which lane a hash key belongs to. Does not change: a resharded stream gets another.</summary>
internal sealed class LaneTable
{
    private readonly UInt128[] starts;

    /// <param name="lanes">Lanes whose ranges cover the hash space, in their order.</param>
    public LaneTable(IReadOnlyList<Lane> lanes)
    {
        Lanes = [.. lanes];
        starts = [.. lanes.Select(lane => lane.Range.Start)];
    }

    public Lane[] Lanes { get; }

    /// <summary>Whether records' keys tell where they go; otherwise their hashes need not be known.</summary>
    public bool IsPlain => Lanes.Length == 1;

    public Lane Find(UInt128 hashKey)
    {
        if (Lanes.Length == 1)
        {
            return Lanes[0];
        }

        var at = Array.BinarySearch(starts, hashKey);
        return Lanes[at >= 0 ? at : ~at - 1];
    }
}
