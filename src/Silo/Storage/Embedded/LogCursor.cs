using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;
using Broker.Silo.Storage.Embedded.Shards;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Finds a shard's blocks over all journal files, and sees to it that none is missing that should be there.</summary>
internal sealed class LogCursor(Journal journal, ShardTable shards, EntryCache entries, BlockReader reader)
{
    public async ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(
        ShardKey shard, ReadStart start, int maxBytes, bool withControl, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Bounds(shard) is not { } bounds)
            {
                return [];
            }

            if (start.ByPosition ? start.Value >= bounds.End.NextPosition : start.Value >= bounds.End.NextOrdinal)
            {
                return [];
            }

            var files = FilesFrom(shard, start);
            if (!TryAcquire(files))
            {
                // Expiry took a file meanwhile: its successor is in place already.
                continue;
            }

            try
            {
                var places = await GatherAsync(shard, start, maxBytes, withControl, files, bounds, cancellationToken);
                return places.Count == 0 ? [] : await reader.ReadAsync(shard, places, cancellationToken);
            }
            finally
            {
                files.ForEach(file => file.Release());
            }
        }
    }

    public async ValueTask<long?> FindAsync(ShardKey shard, long arrival, CancellationToken cancellationToken)
    {
        if (Bounds(shard) is null)
        {
            return null;
        }

        foreach (var file in journal.Files)
        {
            if (!file.TryGetRow(shard, out var row) || row.LastArrival < arrival)
            {
                continue;
            }

            if (!file.TryAcquire())
            {
                return await FindAsync(shard, arrival, cancellationToken);
            }

            try
            {
                foreach (var entry in (await EntriesAsync(file, row, ReadStart.Ordinal(0), long.MaxValue, cancellationToken)).ToArray())
                {
                    if (entry.RecordCount > 0 && entry.ArrivalUnixMilliseconds >= arrival)
                    {
                        return entry.FirstPosition;
                    }
                }
            }
            finally
            {
                file.Release();
            }
        }

        return null;
    }

    /// <summary>A shard's entries in one file, from a place on.</summary>
    public async ValueTask<ReadOnlyMemory<IndexEntry>> EntriesAsync(
        JournalFile file, IndexRow row, ReadStart start, long maxBytes, CancellationToken cancellationToken)
    {
        if (file.Live is { } live)
        {
            return live.From(row.Shard, start, maxBytes);
        }

        // The row again: one of a file that was still growing does not tell where the entries are.
        file.Sealed!.TryGetRow(row.Shard, out row);
        var all = await entries.GetAsync(file, row, cancellationToken);
        return all[start.FirstIn(all.Span)..];
    }

    private static bool TryAcquire(List<JournalFile> files)
    {
        for (var i = 0; i < files.Count; i++)
        {
            if (!files[i].TryAcquire())
            {
                files.GetRange(0, i).ForEach(file => file.Release());
                return false;
            }
        }

        return true;
    }

    private (ShardEnd End, long ExpiredBefore)? Bounds(ShardKey shard)
    {
        lock (shards.Gate)
        {
            return shards.Find(shard) is { } state ? (state.Durable, state.ExpiredBefore) : null;
        }
    }

    /// <summary>From the newest back to the one that holds the start, so that a read near the end looks at few files.</summary>
    private List<JournalFile> FilesFrom(ShardKey shard, ReadStart start)
    {
        List<JournalFile> found = [];
        var files = journal.Files;
        for (var i = files.Length - 1; i >= 0; i--)
        {
            if (!files[i].TryGetRow(shard, out var row))
            {
                continue;
            }

            if (row.EndsBefore(start))
            {
                break;
            }

            found.Add(files[i]);
            if (row.Reaches(start))
            {
                break;
            }
        }

        found.Reverse();
        return found;
    }

    private async ValueTask<List<(JournalFile File, IndexEntry Entry)>> GatherAsync(
        ShardKey shard,
        ReadStart start,
        int maxBytes,
        bool withControl,
        List<JournalFile> files,
        (ShardEnd End, long ExpiredBefore) bounds,
        CancellationToken cancellationToken)
    {
        List<(JournalFile, IndexEntry)> places = [];
        long bytes = 0;
        long? expected = start.ByPosition ? null : start.Value;
        foreach (var file in files)
        {
            file.TryGetRow(shard, out var row);
            var part = await EntriesAsync(file, row, start, Math.Max(1, maxBytes - bytes), cancellationToken);
            for (var i = 0; i < part.Length; i++)
            {
                var entry = part.Span[i];
                if (entry.Ordinal >= bounds.End.NextOrdinal)
                {
                    return places;
                }

                var isMissing = expected is { } next ? entry.Ordinal > next : entry.FirstPosition > start.Value;
                if (isMissing && entry.Ordinal > bounds.ExpiredBefore)
                {
                    return Missing(shard, places, expected, entry.Ordinal, file.Name);
                }

                expected = entry.Ordinal + 1;
                if (entry.IsControl && !withControl)
                {
                    continue;
                }

                places.Add((file, entry));
                bytes += entry.Length;
                if (bytes >= maxBytes)
                {
                    return places;
                }
            }
        }

        var isShort = expected is { } after ? after < bounds.End.NextOrdinal : places.Count == 0;
        return isShort && bounds.End.NextOrdinal > bounds.ExpiredBefore && !IsCutShort(shard, files, expected)
            ? Missing(shard, places, expected, bounds.End.NextOrdinal, "the journal")
            : places;
    }

    /// <summary>A file that still grows gives its entries up to a number of bytes only.</summary>
    private static bool IsCutShort(ShardKey shard, List<JournalFile> files, long? expected) =>
        files.Count > 0 && files[^1].TryGetRow(shard, out var row) && expected is { } next && next < row.EndOrdinal;

    private static List<(JournalFile, IndexEntry)> Missing(
        ShardKey shard, List<(JournalFile, IndexEntry)> places, long? from, long to, string where) => places.Count > 0
        ? places
        : throw new StorageException(
            StorageFault.Corrupt, $"Blocks {from?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "before"} to {to} of shard {shard} are missing from {where}: they were durable, and are damaged.");
}
