using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Moves what lives of neighbouring journal files into one new file, shard by shard, and gives it its name when it is whole and durable.</summary>
/// <remarks>The name is the commit: the header lists the files that it replaces, and a start that finds both removes those.</remarks>
internal sealed class FileRewriter(IDevice device, Journal journal, LogCursor cursor, BlockReader reader)
{
    private const int FrameBytes = 1024 * 1024;
    private const int ReadBytes = 4 * 1024 * 1024;

    /// <exception cref="StorageException">A living block is damaged, or there is no room: the files stay as they are.</exception>
    public async ValueTask<JournalFile> RewriteAsync(IReadOnlyList<FilePlan> plans, CancellationToken cancellationToken)
    {
        var generation = journal.NextGeneration();
        var name = FileNames.Unfinished(generation);
        var living = plans.Sum(plan => plan.LivingBytes);
        var frames = (2 * living / FrameBytes) + 2;
        var length = AlignedMemory.Pad(living + ((frames + 1) * 2 * AlignedMemory.Alignment));
        var index = new LiveIndex();
        FileSeal seal;
        try
        {
            await using var file = await device.CreateAsync(name, length, DeviceFileKind.Bulk, zeroFill: false);
            seal = await WriteAsync(file, generation, plans, index, cancellationToken);
            await WholeFile.WriteAsync(device, FileNames.Index(generation), IndexLayout.Encode(index.Freeze(), seal));
        }
        catch
        {
            await device.DeleteAsync(name);
            throw;
        }

        await device.RenameAsync(name, FileNames.Journal(generation));
        var written = new JournalFile(device, generation, seal.Place, length) { IsIndexed = true };
        var frozen = index.Freeze();
        frozen.DropResident();
        written.Finish(frozen, seal);
        return written;
    }

    private async ValueTask<FileSeal> WriteAsync(
        IDeviceFile file, ulong generation, IReadOnlyList<FilePlan> plans, LiveIndex index, CancellationToken cancellationToken)
    {
        var salt = device.NewSalt();
        long position = FileHeader.EncodedLength;
        ulong ordinal = 0;
        using var frame = new FrameBuffer(FrameBytes);
        foreach (var (plan, row) in plans.SelectMany(plan => plan.Rows.Select(row => (plan, row)))
            .Where(pair => pair.row.LivingBytes > 0)
            .OrderBy(pair => pair.row.Row.Shard).ThenBy(pair => pair.row.Row.FirstOrdinal))
        {
            var entries = await cursor.EntriesAsync(plan.File, row.Row, ReadStart.Ordinal(0), long.MaxValue, cancellationToken);
            List<(JournalFile, IndexEntry)> places = [.. entries.ToArray().Where(entry => row.Keeps(entry)).Select(entry => (plan.File, entry))];
            for (var done = 0; done < places.Count;)
            {
                var count = CountUpTo(places, done);
                var blocks = await reader.ReadAsync(row.Row.Shard, places.GetRange(done, count), cancellationToken);
                foreach (var block in blocks)
                {
                    var encoded = block.Encode();
                    var offset = frame.TryAddEncoded(encoded);
                    if (offset < 0)
                    {
                        await FlushFrameAsync();
                        offset = frame.TryAddEncoded(encoded);
                    }

                    index.Add(block.Head.Shard, IndexEntry.Of(block.Head, position + offset, encoded.Length));
                }

                // Fewer than asked for: the next one is damaged, and the next round throws.
                done += blocks.Count;
            }
        }

        await FlushFrameAsync();
        var seal = new FileSeal(generation, plans[0].File.Place, position, ordinal);
        var header = new byte[FileHeader.EncodedLength];
        new FileHeader
        {
            Generation = generation,
            Place = seal.Place,
            Salt = salt,
            FirstOrdinal = ordinal,
            CompleteLength = position,
            Replaced = [.. plans.Select(plan => plan.File.Generation)],
        }.EncodeTo(header);
        await file.WriteAsync(0, header);
        await file.FlushAsync();
        return seal;

        async ValueTask FlushFrameAsync()
        {
            var length = frame.PaddedLength;
            await file.WriteAsync(position, frame.Seal(generation, salt, ++ordinal, ordinal - 1));
            position += length;
            frame.Reset();
        }
    }

    private static int CountUpTo(List<(JournalFile File, IndexEntry Entry)> places, int from)
    {
        long bytes = 0;
        var count = 0;
        while (from + count < places.Count && (count == 0 || bytes + places[from + count].Entry.Length <= ReadBytes))
        {
            bytes += places[from + count].Entry.Length;
            count++;
        }

        return count;
    }
}
