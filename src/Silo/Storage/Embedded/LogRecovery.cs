using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;
using Broker.Silo.Storage.Embedded.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Brings the log up from its directory: finishes what a crash left between two steps, reads indexes, and scans only files that have none.</summary>
internal sealed partial class LogRecovery(IDevice device, EmbeddedLogOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>What a start found.</summary>
    /// <param name="Meta">Counted up for this start.</param>
    /// <param name="Journal">Ready to be appended to.</param>
    /// <param name="Shards">With every shard's end.</param>
    /// <param name="HasUnconfirmed">The last frame is not confirmed by a later one.</param>
    public readonly record struct Recovered(LogMeta Meta, Journal Journal, ShardTable Shards, bool HasUnconfirmed);

    public async ValueTask<Recovered> RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var listed = await device.ListAsync();
        var meta = await LogMeta.OpenAsync(device, listed, cancellationToken);
        var found = await HeadersAsync(listed, cancellationToken);
        await RemoveLeftoversAsync(listed, found, cancellationToken);

        List<JournalFile> files = [];
        (JournalFile File, FileHeader Header, IDeviceFile DeviceFile, JournalScan Scan)? resumed = null;
        ulong lastOrdinal = 0;
        var lastSeal = default(FileSeal);
        var newest = found.Where(file => file.Header is null or { CompleteLength: 0 }).Select(file => file.Generation).DefaultIfEmpty().Max();
        var scanned = 0;
        List<KeyValuePair<ShardKey, ShardEnd>> echoes = [];
        foreach (var (generation, length, header) in found)
        {
            var file = new JournalFile(device, generation, header?.Place ?? generation, length)
            {
                PreviousGeneration = header?.PreviousGeneration ?? 0,
                Live = new LiveIndex(),
            };
            files.Add(file);
            lastOrdinal = Math.Max(lastOrdinal, header is { CompleteLength: 0 } ? header.FirstOrdinal - 1 : 0);
            if (await ReadIndexAsync(file, cancellationToken) is not { } index)
            {
                scanned++;
                var next = found.FirstOrDefault(other => other.Header?.PreviousGeneration == generation).Header;
                var canResume = generation == newest && header is not null;
                var (deviceFile, scan) = await ScanAsync(file, header, next, canResume, cancellationToken);
                echoes.AddRange(scan.Echoes);
                if (canResume)
                {
                    file = files[^1] = new JournalFile(device, generation, generation, length) { PreviousGeneration = file.PreviousGeneration, Live = scan.Index };
                    file.Attach(deviceFile);
                    resumed = (file, header!, deviceFile, scan);
                    lastOrdinal = Math.Max(lastOrdinal, scan.LastOrdinal);
                    continue;
                }

                await deviceFile.DisposeAsync();
                index = (scan.Index.Freeze(), new FileSeal(generation, file.Place, scan.End, scan.LastOrdinal));
            }

            file.Finish(index.Index, index.Seal);
            if (header is null or { CompleteLength: 0 })
            {
                lastOrdinal = Math.Max(lastOrdinal, index.Seal.LastOrdinal);
                lastSeal = generation >= lastSeal.Generation ? index.Seal : lastSeal;
            }
        }

        var journal = new Journal(device, options, time, logger, meta.Boot, [.. files.OrderBy(file => file.Place)]);
        journal.SetEnd(lastOrdinal, lastSeal);
        if (resumed is { } last)
        {
            journal.Resume(last.File, last.DeviceFile, last.Header.Salt, last.Scan.End);
        }

        var shards = new ShardTable(meta.Boot, options.PlantedBugs);
        await LoadHeadsAsync(shards, meta, journal, listed, cancellationToken);
        await AddLostAsync(shards, echoes);
        var shardCount = shards.All.Count();
        var milliseconds = time.GetElapsedTime(started).TotalMilliseconds;
        LogReady(logger, meta.Boot, files.Count, scanned, shardCount, milliseconds);
        return new Recovered(meta, journal, shards, resumed is { Scan.LastOrdinal: > 0 });
    }

    private async ValueTask<List<(ulong Generation, long Length, FileHeader? Header)>> HeadersAsync(
        IReadOnlyList<DeviceEntry> listed, CancellationToken cancellationToken)
    {
        List<(ulong, long, FileHeader?)> found = [];
        var page = new byte[FileHeader.EncodedLength];
        foreach (var entry in listed.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (!FileNames.TryParse(entry.Name, FileNames.JournalSuffix, out var generation))
            {
                continue;
            }

            await using var file = await device.OpenAsync(entry.Name, DeviceFileKind.Bulk);
            await file.ReadAsync(0, page, uncached: false, cancellationToken);
            var header = FileHeader.Decode(page, entry.Name);
            if (header is null || header.Generation != generation)
            {
                header = null;
                LogDamage(logger, $"{entry.Name}: its header is damaged.");
            }

            found.Add((generation, entry.Length, header));
        }

        return found;
    }

    /// <summary>Removes what was never finished, and files that others took the place of.</summary>
    private async ValueTask RemoveLeftoversAsync(
        IReadOnlyList<DeviceEntry> listed, List<(ulong Generation, long Length, FileHeader? Header)> found, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var replaced = found.SelectMany(file => file.Header?.Replaced ?? []).ToHashSet();
        foreach (var (generation, _, _) in found.Where(file => replaced.Contains(file.Generation)))
        {
            await device.DeleteAsync(FileNames.Journal(generation));
        }

        found.RemoveAll(file => replaced.Contains(file.Generation));
        var kept = found.Select(file => file.Generation).ToHashSet();
        foreach (var entry in listed)
        {
            if (entry.Name.EndsWith(FileNames.UnfinishedSuffix, StringComparison.Ordinal)
                || (FileNames.TryParse(entry.Name, FileNames.IndexSuffix, out var generation) && !kept.Contains(generation)))
            {
                await device.DeleteAsync(entry.Name);
            }
        }
    }

    private async ValueTask<(FileIndex Index, FileSeal Seal)?> ReadIndexAsync(JournalFile file, CancellationToken cancellationToken)
    {
        var name = FileNames.Index(file.Generation);
        IDeviceFile indexFile;
        try
        {
            indexFile = await device.OpenAsync(name, DeviceFileKind.Bulk);
        }
        catch (StorageException)
        {
            return null;
        }

        await using (indexFile)
        {
            var head = new byte[IndexLayout.HeadLength];
            if (await indexFile.ReadAsync(0, head, uncached: false, cancellationToken) == head.Length
                && IndexLayout.TryDecodeHead(head, name, out var seal, out var rowCount, out var entryCount, out var checksum)
                && seal.Generation == file.Generation
                && indexFile.Length >= IndexLayout.EntriesOffset(rowCount) + ((long)entryCount * IndexEntry.EncodedLength))
            {
                var rows = new byte[rowCount * IndexRow.EncodedLength];
                await indexFile.ReadAsync(IndexLayout.HeadLength, rows, uncached: false, cancellationToken);
                if (IndexLayout.DecodeRows(rows, rowCount, checksum) is { } decoded)
                {
                    file.IsIndexed = true;
                    return (new FileIndex(decoded, null), seal);
                }
            }
        }

        LogDamage(logger, $"{name} is damaged: it is built anew from {file.Name}.");
        return null;
    }

    private async ValueTask<(IDeviceFile File, JournalScan Scan)> ScanAsync(
        JournalFile file, FileHeader? header, FileHeader? next, bool canResume, CancellationToken cancellationToken)
    {
        (long, ulong)? knownEnd = next is not null ? (next.PreviousEnd, next.PreviousLastOrdinal)
            : header is { CompleteLength: > 0 } ? (header.CompleteLength, header.FirstOrdinal)
            : null;
        var deviceFile = await device.OpenAsync(file.Name, canResume ? DeviceFileKind.Journal : DeviceFileKind.Bulk);

        // What is found here may be in the system's cache only: nobody may read it before it is durable.
        await deviceFile.FlushAsync();
        var scan = await new JournalScanner(file.Name, file.Generation, header?.Salt, knownEnd, options.PlantedBugs).ScanAsync(deviceFile, cancellationToken);
        foreach (var damage in scan.Damages)
        {
            LogDamage(logger, damage);
        }

        return (deviceFile, scan);
    }

    private async ValueTask LoadHeadsAsync(
        ShardTable shards, LogMeta meta, Journal journal, IReadOnlyList<DeviceEntry> listed, CancellationToken cancellationToken)
    {
        foreach (var stream in meta.Deleted)
        {
            shards.Delete(stream);
        }

        if (listed.Any(entry => entry.Name == FileNames.Heads))
        {
            foreach (var (shard, end, expiredBefore) in HeadsFile.Decode(await WholeFile.ReadAsync(device, FileNames.Heads, cancellationToken)))
            {
                if (!shards.IsDeleted(shard.Stream))
                {
                    var state = shards.GetOrAdd(shard);
                    state.Durable = end;
                    state.ExpiredBefore = expiredBefore;
                }
            }
        }

        foreach (var row in journal.Files.SelectMany(file => file.Rows()))
        {
            if (!shards.IsDeleted(row.Shard.Stream))
            {
                var state = shards.GetOrAdd(row.Shard);
                state.Durable = row.After(state.Durable);
            }
        }

        foreach (var state in shards.All)
        {
            state.Queued = state.Durable;
        }
    }

    /// <summary>Moves shards past blocks at their end that were durable and cannot be found, so that they are missed and their places are not given again.</summary>
    private async ValueTask AddLostAsync(ShardTable shards, List<KeyValuePair<ShardKey, ShardEnd>> echoes)
    {
        var isLost = false;
        foreach (var (shard, end) in echoes.Where(echo => !shards.IsDeleted(echo.Key.Stream)))
        {
            var state = shards.GetOrAdd(shard);
            if (end.NextOrdinal > state.Durable.NextOrdinal)
            {
                LogDamage(logger, $"Blocks {state.Durable.NextOrdinal} to {end.NextOrdinal - 1} of shard {shard} were durable and are lost.");
                state.Durable = end with { StateOrdinal = Math.Max(end.StateOrdinal, state.Durable.StateOrdinal) };
                state.Queued = state.Durable;
                isLost = true;
            }
        }

        if (isLost)
        {
            await HeadsFile.WriteAsync(device, [.. shards.All.Where(shard => shard.Durable.NextOrdinal > 0)
                .OrderBy(shard => shard.Key)
                .Select(shard => (shard.Key, shard.Durable, shard.ExpiredBefore))]);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Damage in the log: {What}")]
    private static partial void LogDamage(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Information, Message = "Start {Boot} of the log: {Files} journal files, {Scanned} of them scanned, {Shards} shards, ready in {Milliseconds} ms.")]
    private static partial void LogReady(ILogger logger, uint boot, int files, int scanned, int shards, double milliseconds);
}
