namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>Where a read begins: at a record's position or at a block's ordinal.</summary>
internal readonly record struct ReadStart(bool ByPosition, long Value)
{
    public static ReadStart Position(long position) => new(true, position);

    public static ReadStart Ordinal(long ordinal) => new(false, ordinal);

    public bool IsAfter(in IndexEntry entry) => ByPosition ? entry.EndPosition <= Value : entry.Ordinal < Value;

    /// <summary>The first of the entries that the read wants; their number where it wants none.</summary>
    public int FirstIn(ReadOnlySpan<IndexEntry> entries)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (IsAfter(entries[middle]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
