using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;
using Broker.Silo.Storage.Embedded.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Gives space back: drops files in which nothing lives, and moves the living rest of those in which little does. One pass at a time: the caller sees to it.</summary>
/// <remarks>
/// Before anything goes, the shards' ends are written down, so that a shard goes on from its place when all its records are gone.
/// Neighbours that are rewritten become one file: what is left of files in which the short-lived expired is the long-lived.
/// </remarks>
internal sealed partial class LogExpiry(
    IDevice device, Journal journal, ShardTable shards, LogMeta meta, LogCursor cursor, FileRewriter rewriter, EmbeddedLogOptions options, ILogger logger)
{
    public async ValueTask<ExpiryReport> RunAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        await journal.PersistIndexesAsync();
        var (dropped, groups) = await PlanAsync(horizons, cancellationToken);
        var report = default(ExpiryReport);
        if (dropped.Count > 0 || groups.Count > 0)
        {
            await WriteHeadsAsync([.. dropped, .. groups.SelectMany(group => group)]);
        }

        foreach (var file in dropped.Select(plan => plan.File))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await GiveBackAsync([file], null);
            report = report with { FilesDropped = report.FilesDropped + 1, BytesFreed = report.BytesFreed + file.Length };
        }

        foreach (var group in groups)
        {
            cancellationToken.ThrowIfCancellationRequested();
            JournalFile written;
            try
            {
                written = await rewriter.RewriteAsync(group, cancellationToken);
            }
            catch (StorageException exception)
            {
                // Damage and full disks keep these files as they are, and no others.
                LogKept(logger, group[0].File.Name, exception.Message);
                continue;
            }

            await GiveBackAsync([.. group.Select(plan => plan.File)], written);
            report = new ExpiryReport(
                report.FilesDropped,
                report.FilesRewritten + group.Count,
                report.BytesFreed + group.Sum(plan => plan.File.Length) - written.Length,
                report.BytesMoved + group.Sum(plan => plan.LivingBytes));
        }

        await ForgetDeletedAsync();
        if (report != default)
        {
            LogExpired(logger, report.FilesDropped, report.FilesRewritten, report.BytesFreed, report.BytesMoved);
        }

        return report;
    }

    private async ValueTask<(List<FilePlan> Dropped, List<List<FilePlan>> Groups)> PlanAsync(
        IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        List<FilePlan> dropped = [];
        List<List<FilePlan>> groups = [];
        List<FilePlan> group = [];
        var files = journal.Files;
        var unindexed = files.Where(file => !file.IsIndexed).Select(file => file.Generation).ToHashSet();
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The header of a file tells where the one before it ends, until that one has an index.
            if (file.Sealed is null || unindexed.Contains(file.Generation) || unindexed.Contains(file.PreviousGeneration))
            {
                Close();
                continue;
            }

            FilePlan plan;
            try
            {
                plan = await PlanFileAsync(file, horizons, cancellationToken);
            }
            catch (StorageException exception)
            {
                LogKept(logger, file.Name, exception.Message);
                Close();
                continue;
            }

            if (plan.LivingBytes == 0)
            {
                dropped.Add(plan);
            }
            else if (plan.LivingBytes < options.RewriteBelow * options.FileBytes)
            {
                if (group.Count == FileHeader.MaxReplaced / 2 || group.Sum(other => other.LivingBytes) + plan.LivingBytes > options.FileBytes / 2)
                {
                    Close();
                }

                group.Add(plan);
            }
            else
            {
                Close();
            }
        }

        Close();
        return (dropped, groups);

        void Close()
        {
            // What is small already is moved only where it joins a neighbour.
            if (group.Count > 1 || (group.Count == 1 && group[0].File.Length - group[0].LivingBytes > options.FileBytes / 2))
            {
                groups.Add(group);
                group = [];
            }

            group.Clear();
        }
    }

    private async ValueTask<FilePlan> PlanFileAsync(
        JournalFile file, IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken)
    {
        List<RowPlan> rows = [];
        foreach (var row in file.Rows())
        {
            ShardEnd? end;
            lock (shards.Gate)
            {
                end = shards.Find(row.Shard)?.Durable;
            }

            if (end is not { } known)
            {
                rows.Add(new RowPlan(row, row.EndOrdinal, -1, 0));
                continue;
            }

            var horizon = horizons.TryGetValue(row.Shard.Stream, out var given) ? given : long.MinValue;
            var keptState = row.StateOrdinal == known.StateOrdinal && !known.IsSealed ? row.StateOrdinal : -1;
            if (row.FirstArrival >= horizon)
            {
                rows.Add(new RowPlan(row, row.FirstOrdinal, -1, row.BlockBytes));
            }
            else if (row.LastArrival < horizon)
            {
                rows.Add(new RowPlan(row, row.EndOrdinal, keptState, keptState < 0 ? 0 : row.StateLength));
            }
            else
            {
                var entries = (await cursor.EntriesAsync(file, row, ReadStart.Ordinal(0), long.MaxValue, cancellationToken)).ToArray();
                var first = Array.FindIndex(entries, entry => entry.ArrivalUnixMilliseconds >= horizon);
                var from = entries[first].Ordinal;
                keptState = keptState < from ? keptState : -1;
                rows.Add(new RowPlan(row, from, keptState, entries[first..].Sum(entry => (long)entry.Length) + (keptState < 0 ? 0 : row.StateLength)));
            }
        }

        return new FilePlan(file, rows);
    }

    private async ValueTask WriteHeadsAsync(IReadOnlyList<FilePlan> plans)
    {
        List<(ShardKey, ShardEnd, long)> rows = [];
        lock (shards.Gate)
        {
            foreach (var plan in plans.SelectMany(plan => plan.Rows))
            {
                if (shards.Find(plan.Row.Shard) is not { } shard || plan.LivesFrom <= shard.ExpiredBefore)
                {
                    continue;
                }

                if (plan.LivesFrom > plan.Row.FirstOrdinal)
                {
                    shard.ExpiredBefore = plan.LivesFrom;
                }

                if (shard.Durable.IsSealed && shard.Durable.StateOrdinal < shard.ExpiredBefore)
                {
                    shard.Durable = shard.Durable with { StateOrdinal = -1 };
                    shard.Queued = shard.Queued with { StateOrdinal = -1 };
                }
            }

            rows.AddRange(shards.All.Where(shard => shard.Durable.NextOrdinal > 0)
                .OrderBy(shard => shard.Key)
                .Select(shard => (shard.Key, shard.Durable, shard.ExpiredBefore)));
        }

        try
        {
            await HeadsFile.WriteAsync(device, rows);
        }
        catch (StorageException exception) when (exception.Fault == StorageFault.DiskFull)
        {
            await journal.DropSparesAsync();
            await HeadsFile.WriteAsync(device, rows);
        }
    }

    private async ValueTask GiveBackAsync(IReadOnlyCollection<JournalFile> gone, JournalFile? instead)
    {
        journal.Replace(gone, instead);
        foreach (var file in gone)
        {
            await file.RetireAsync();
            await journal.ReclaimAsync(file);
        }
    }

    /// <summary>A deleted stream needs no mention once nothing of it is left on disk.</summary>
    private async ValueTask ForgetDeletedAsync()
    {
        var left = journal.Files.SelectMany(file => file.Rows()).Select(row => row.Shard.Stream).ToHashSet();
        List<StreamGeneration> remembered = [.. meta.Deleted.Where(left.Contains)];
        if (remembered.Count < meta.Deleted.Count)
        {
            await WriteHeadsAsync([]);
            await meta.WriteAsync(remembered);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expiry leaves journal file {File} and those that go with it as they are: {Reason}")]
    private static partial void LogKept(ILogger logger, string file, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Expiry dropped {Dropped} journal files and rewrote {Rewritten}: {Freed} bytes given back, {Moved} bytes moved.")]
    private static partial void LogExpired(ILogger logger, int dropped, int rewritten, long freed, long moved);
}
