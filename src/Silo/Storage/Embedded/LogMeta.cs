using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded;

/// <summary>The boot number and the deleted streams: two slots of one preallocated file that are written in turn, so that it works on a full disk.</summary>
/// <remarks>docs/layouts/journal.md must match. One write at a time: the caller sees to it.</remarks>
internal sealed class LogMeta : IAsyncDisposable
{
    public const byte Version = 1;

    /// <summary>"BRKM" as it stands in a file.</summary>
    public const uint Magic = 0x4D4B_5242;

    public const int SlotBytes = 1024 * 1024;
    public const int HeadLength = 32;

    /// <summary>Streams that can be deleted and not yet given back, at one time.</summary>
    public const int MaxDeleted = (SlotBytes - HeadLength) / sizeof(long);

    private readonly IDeviceFile file;
    private ulong writes;

    private LogMeta(IDeviceFile file) => this.file = file;

    /// <summary>Starts of the log on this directory, this one counted.</summary>
    public uint Boot { get; private set; }

    /// <summary>Deleted streams of which something may still be on disk.</summary>
    public IReadOnlyList<StreamGeneration> Deleted { get; private set; } = [];

    /// <summary>Reads the file, or creates it in an empty directory, and counts this start durably.</summary>
    public static async ValueTask<LogMeta> OpenAsync(IDevice device, IReadOnlyList<DeviceEntry> files, CancellationToken cancellationToken)
    {
        if (!files.Any(entry => entry.Name == FileNames.Meta))
        {
            if (files.Any(entry => FileNames.TryParse(entry.Name, FileNames.JournalSuffix, out _)))
            {
                throw new StorageException(
                    StorageFault.Corrupt, $"{FileNames.Meta} is missing beside journal files: restore it from a backup of the data directory.");
            }

            var unfinished = FileNames.Unfinished(FileNames.Meta);
            await device.DeleteAsync(unfinished);
            await using (var created = await device.CreateAsync(unfinished, 2 * SlotBytes, DeviceFileKind.Journal, zeroFill: false))
            {
                await new LogMeta(created).WriteAsync([]);
            }

            await device.RenameAsync(unfinished, FileNames.Meta);
        }

        var file = await device.OpenAsync(FileNames.Meta, DeviceFileKind.Journal);
        var meta = new LogMeta(file);
        try
        {
            await meta.ReadAsync(cancellationToken);

            // Generations are led by the boot that gave them: should the newest slot be damaged, no boot number comes twice.
            var newest = files.Select(entry => FileNames.TryParse(entry.Name, FileNames.JournalSuffix, out var generation) ? generation >> 32 : 0).DefaultIfEmpty().Max();
            meta.Boot = checked(Math.Max(meta.Boot, (uint)newest) + 1);
            await meta.WriteAsync(meta.Deleted);
            return meta;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Durable on return; after an exception the earlier list or this one holds.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<StreamGeneration> deleted)
    {
        if (deleted.Count > MaxDeleted)
        {
            throw new StorageException(
                StorageFault.DiskFull, $"{deleted.Count} deleted streams wait for their space to be given back, above {MaxDeleted}: let expiry run.");
        }

        var length = AlignedMemory.Pad(HeadLength + (deleted.Count * sizeof(long)));
        var memory = new AlignedMemory(length);
        try
        {
            Encode(memory.GetSpan(), writes + 1, Boot, deleted);
            await file.WriteAsync((long)((writes + 1) % 2) * SlotBytes, memory.Memory);
        }
        finally
        {
            memory.Free();
        }

        writes++;
        Deleted = deleted;
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    internal static void Encode(Span<byte> slot, ulong write, uint boot, IReadOnlyList<StreamGeneration> deleted)
    {
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Magic);
        slot[4] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(slot[8..], write);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[16..], boot);
        BinaryPrimitives.WriteInt32LittleEndian(slot[20..], deleted.Count);
        for (var i = 0; i < deleted.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(slot[(HeadLength + (i * sizeof(long)))..], deleted[i].Value);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(slot[28..], Checksum(slot, deleted.Count));
    }

    private static uint Checksum(ReadOnlySpan<byte> slot, int count) =>
        Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Start, slot[..28]), slot.Slice(HeadLength, count * sizeof(long))));

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var content = new byte[2 * SlotBytes];
        await file.ReadAsync(0, content, uncached: false, cancellationToken);
        var found = false;
        for (var i = 0; i < 2; i++)
        {
            var slot = content.AsSpan(i * SlotBytes, SlotBytes);
            var count = BinaryPrimitives.ReadInt32LittleEndian(slot[20..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Magic
                || count is < 0 or > MaxDeleted
                || BinaryPrimitives.ReadUInt32LittleEndian(slot[28..]) != Checksum(slot, count))
            {
                continue;
            }

            LayoutVersions.Check(FileNames.Meta, slot[4], Version);
            var write = BinaryPrimitives.ReadUInt64LittleEndian(slot[8..]);
            if (found && write < writes)
            {
                continue;
            }

            found = true;
            writes = write;
            Boot = BinaryPrimitives.ReadUInt32LittleEndian(slot[16..]);
            var deleted = new StreamGeneration[count];
            for (var j = 0; j < count; j++)
            {
                deleted[j] = new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(slot[(HeadLength + (j * sizeof(long)))..]));
            }

            Deleted = deleted;
        }

        if (!found)
        {
            throw new StorageException(StorageFault.Corrupt, $"{FileNames.Meta} is damaged in both its slots: restore it from a backup of the data directory.");
        }
    }
}
