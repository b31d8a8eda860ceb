using Broker.Contracts.Shards;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>The index of a sealed file: a row a shard in memory; entries in memory only until they are persisted.</summary>
internal sealed class FileIndex(IndexRow[] rows, IndexEntry[]? entries)
{
    private volatile IndexEntry[]? resident = entries;

    /// <summary>In order of their shards.</summary>
    public IReadOnlyList<IndexRow> Rows => rows;

    /// <summary>All entries, shard by shard; null once they must be read from the index file.</summary>
    public IndexEntry[]? Resident => resident;

    /// <summary>Total number of entries.</summary>
    public int EntryCount { get; } = rows.Length == 0 ? 0 : rows[^1].FirstEntry + rows[^1].EntryCount;

    public void DropResident() => resident = null;

    public bool TryGetRow(ShardKey shard, out IndexRow row)
    {
        int low = 0, high = rows.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = rows[middle].Shard.CompareTo(shard);
            if (order == 0)
            {
                row = rows[middle];
                return true;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        row = default;
        return false;
    }
}
