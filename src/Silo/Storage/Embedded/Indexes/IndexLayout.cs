using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>An index file, version 1: head, a row a shard, entries. docs/layouts/index.md must match.</summary>
internal static class IndexLayout
{
    public const int HeadLength = 64;
    public const byte Version = 1;

    /// <summary>"BRKI" as it stands in a file.</summary>
    public const uint Magic = 0x494B_5242;

    private const int ChecksumOffset = 60;

    /// <summary>Where the entries begin, in bytes.</summary>
    public static long EntriesOffset(int rowCount) => HeadLength + ((long)rowCount * IndexRow.EncodedLength);

    public static uint Checksum(List<IndexEntry> entries) => Checksum(CollectionsMarshal.AsSpan(entries));

    public static uint Checksum(ReadOnlySpan<IndexEntry> entries)
    {
        Span<byte> encoded = stackalloc byte[IndexEntry.EncodedLength];
        var state = Crc32C.Start;
        foreach (var entry in entries)
        {
            entry.EncodeTo(encoded);
            state = Crc32C.Append(state, encoded);
        }

        return Crc32C.Finish(state);
    }

    /// <summary>The whole file.</summary>
    /// <param name="index">Its entries must be in memory.</param>
    /// <param name="seal">What the journal file is known to hold.</param>
    public static byte[] Encode(FileIndex index, FileSeal seal)
    {
        var entries = index.Resident ?? throw new InvalidOperationException("The entries are not in memory.");
        var rows = index.Rows;
        var entriesOffset = (int)EntriesOffset(rows.Count);
        var file = new byte[entriesOffset + (entries.Length * IndexEntry.EncodedLength)];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].EncodeTo(file.AsSpan(HeadLength + (i * IndexRow.EncodedLength)));
        }

        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].EncodeTo(file.AsSpan(entriesOffset + (i * IndexEntry.EncodedLength)));
        }

        var head = file.AsSpan(0, HeadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        head[4] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], seal.Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], seal.Place);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], seal.End);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], seal.LastOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(head[40..], rows.Count);
        BinaryPrimitives.WriteInt32LittleEndian(head[44..], entries.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[48..], Crc32C.Compute(file.AsSpan(HeadLength, entriesOffset - HeadLength)));
        BinaryPrimitives.WriteUInt32LittleEndian(head[ChecksumOffset..], Crc32C.Compute(head[..ChecksumOffset]));
        return file;
    }

    /// <summary>Reads the head.</summary>
    /// <returns>False where it is damaged.</returns>
    /// <exception cref="StorageException">Written by a newer release.</exception>
    public static bool TryDecodeHead(ReadOnlySpan<byte> head, string name, out FileSeal seal, out int rowCount, out int entryCount, out uint rowsChecksum)
    {
        seal = default;
        rowCount = entryCount = 0;
        rowsChecksum = 0;
        if (head.Length < HeadLength
            || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(head[ChecksumOffset..]) != Crc32C.Compute(head[..ChecksumOffset]))
        {
            return false;
        }

        LayoutVersions.Check(name, head[4], Version);
        seal = new FileSeal(
            BinaryPrimitives.ReadUInt64LittleEndian(head[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(head[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(head[32..]));
        rowCount = BinaryPrimitives.ReadInt32LittleEndian(head[40..]);
        entryCount = BinaryPrimitives.ReadInt32LittleEndian(head[44..]);
        rowsChecksum = BinaryPrimitives.ReadUInt32LittleEndian(head[48..]);
        return true;
    }

    /// <returns>Null where the rows are damaged.</returns>
    public static IndexRow[]? DecodeRows(ReadOnlySpan<byte> encoded, int rowCount, uint checksum)
    {
        if (Crc32C.Compute(encoded) != checksum)
        {
            return null;
        }

        var rows = new IndexRow[rowCount];
        for (var i = 0; i < rowCount; i++)
        {
            rows[i] = IndexRow.Decode(encoded[(i * IndexRow.EncodedLength)..]);
        }

        return rows;
    }

    /// <returns>Null where the entries are damaged.</returns>
    public static IndexEntry[]? DecodeEntries(ReadOnlySpan<byte> encoded, uint checksum)
    {
        if (Crc32C.Compute(encoded) != checksum)
        {
            return null;
        }

        var entries = new IndexEntry[encoded.Length / IndexEntry.EncodedLength];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = IndexEntry.Decode(encoded[(i * IndexEntry.EncodedLength)..]);
        }

        return entries;
    }
}
