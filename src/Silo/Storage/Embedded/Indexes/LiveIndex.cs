using System.Runtime.InteropServices;
using Broker.Contracts.Shards;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>The index of the file that is appended to: holds durable blocks only. Safe from any thread.</summary>
internal sealed class LiveIndex
{
    private readonly Dictionary<ShardKey, Entries> shards = [];

    public void Add(ShardKey shard, in IndexEntry entry)
    {
        lock (shards)
        {
            if (!shards.TryGetValue(shard, out var entries))
            {
                shards.Add(shard, entries = new Entries { Row = IndexRow.Begin(shard, entry) });
            }

            entries.Row = entries.Row.With(entry);
            entries.List.Add(entry);
        }
    }

    public bool TryGetRow(ShardKey shard, out IndexRow row)
    {
        lock (shards)
        {
            var found = shards.TryGetValue(shard, out var entries);
            row = found ? entries!.Row : default;
            return found;
        }
    }

    /// <summary>The entries from a place on, until their blocks pass a number of bytes.</summary>
    public IndexEntry[] From(ShardKey shard, ReadStart start, long maxBytes)
    {
        lock (shards)
        {
            if (!shards.TryGetValue(shard, out var entries))
            {
                return [];
            }

            var all = CollectionsMarshal.AsSpan(entries.List);
            var first = start.FirstIn(all);
            var end = first;
            for (long bytes = 0; end < all.Length && bytes < maxBytes; end++)
            {
                bytes += all[end].IsControl ? 0 : all[end].Length;
            }

            return all[first..end].ToArray();
        }
    }

    public IndexRow[] Rows()
    {
        lock (shards)
        {
            return [.. shards.Values.Select(entries => entries.Row)];
        }
    }

    /// <summary>The finished index, its entries still in memory.</summary>
    public FileIndex Freeze()
    {
        lock (shards)
        {
            var rows = new IndexRow[shards.Count];
            var entries = new IndexEntry[shards.Values.Sum(shard => shard.List.Count)];
            int row = 0, entry = 0;
            foreach (var key in shards.Keys.Order())
            {
                var shard = shards[key];
                shard.List.CopyTo(entries, entry);
                rows[row++] = shard.Row with { FirstEntry = entry, EntriesChecksum = IndexLayout.Checksum(shard.List) };
                entry += shard.List.Count;
            }

            return new FileIndex(rows, entries);
        }
    }

    private sealed class Entries
    {
        public IndexRow Row { get; set; }

        public List<IndexEntry> List { get; } = [];
    }
}
