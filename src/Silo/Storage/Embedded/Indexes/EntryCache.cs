using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Journals;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>Entries of sealed files, read from their index files when asked for, the least recently used forgotten first. Safe from any thread.</summary>
internal sealed class EntryCache(IDevice device, long capacityBytes)
{
    private readonly Dictionary<(ulong Generation, ShardKey Shard), LinkedListNode<Item>> items = [];
    private readonly LinkedList<Item> recent = new();
    private long heldBytes;

    /// <summary>A shard's entries in a sealed file, in order.</summary>
    /// <exception cref="StorageException">The index file is damaged: it is rebuilt at the next start.</exception>
    public async ValueTask<ReadOnlyMemory<IndexEntry>> GetAsync(JournalFile file, IndexRow row, CancellationToken cancellationToken)
    {
        if (file.Sealed!.Resident is { } resident)
        {
            return resident.AsMemory(row.FirstEntry, row.EntryCount);
        }

        var key = (file.Generation, row.Shard);
        lock (items)
        {
            if (items.TryGetValue(key, out var node))
            {
                recent.Remove(node);
                recent.AddFirst(node);
                return node.Value.Entries;
            }
        }

        var entries = await ReadAsync(file, row, cancellationToken);
        lock (items)
        {
            if (items.TryAdd(key, new LinkedListNode<Item>(new Item(key, entries))))
            {
                recent.AddFirst(items[key]);
                heldBytes += SizeOf(entries);
                while (heldBytes > capacityBytes && recent.Count > 1)
                {
                    var oldest = recent.Last!;
                    recent.RemoveLast();
                    items.Remove(oldest.Value.Key);
                    heldBytes -= SizeOf(oldest.Value.Entries);
                }
            }
        }

        return entries;
    }

    private static long SizeOf(IndexEntry[] entries) => 128 + ((long)entries.Length * IndexEntry.EncodedLength);

    private async ValueTask<IndexEntry[]> ReadAsync(JournalFile file, IndexRow row, CancellationToken cancellationToken)
    {
        var name = FileNames.Index(file.Generation);
        var encoded = new byte[row.EntryCount * IndexEntry.EncodedLength];
        var offset = IndexLayout.EntriesOffset(file.Sealed!.Rows.Count) + ((long)row.FirstEntry * IndexEntry.EncodedLength);
        await using var indexFile = await device.OpenAsync(name, DeviceFileKind.Bulk);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var count = await indexFile.ReadAsync(offset, encoded, uncached: attempt > 0, cancellationToken);
            if (count == encoded.Length && IndexLayout.DecodeEntries(encoded, row.EntriesChecksum) is { } entries)
            {
                return entries;
            }
        }

        throw new StorageException(
            StorageFault.Corrupt, $"{name} is damaged at {offset}, in the entries of shard {row.Shard}: remove the file and start anew, and it is rebuilt.");
    }

    private sealed record Item((ulong Generation, ShardKey Shard) Key, IndexEntry[] Entries);
}
