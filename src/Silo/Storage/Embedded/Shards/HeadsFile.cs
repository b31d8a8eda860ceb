using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded.Shards;

/// <summary>The shards' ends as of the last expiry: what lets a shard go on from its place when all its records are gone. docs/layouts/index.md must match.</summary>
internal static class HeadsFile
{
    public const byte Version = 1;

    /// <summary>"BRKH" as it stands in a file.</summary>
    public const uint Magic = 0x484B_5242;

    public const int HeadLength = 16;
    public const int RowLength = 56;

    public static byte[] Encode(IReadOnlyList<(ShardKey Shard, ShardEnd End, long ExpiredBefore)> rows)
    {
        var file = new byte[HeadLength + (rows.Count * RowLength)];
        for (var i = 0; i < rows.Count; i++)
        {
            var (shard, end, expiredBefore) = rows[i];
            var row = file.AsSpan(HeadLength + (i * RowLength));
            BinaryPrimitives.WriteInt64LittleEndian(row, shard.Stream.Value);
            BinaryPrimitives.WriteInt32LittleEndian(row[8..], shard.Shard.Index);
            BinaryPrimitives.WriteInt32LittleEndian(row[12..], end.IsSealed ? 1 : 0);
            BinaryPrimitives.WriteInt64LittleEndian(row[16..], end.NextOrdinal);
            BinaryPrimitives.WriteInt64LittleEndian(row[24..], end.NextPosition);
            BinaryPrimitives.WriteInt64LittleEndian(row[32..], end.LastArrival);
            BinaryPrimitives.WriteInt64LittleEndian(row[40..], end.StateOrdinal);
            BinaryPrimitives.WriteInt64LittleEndian(row[48..], expiredBefore);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(file, Magic);
        file[4] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), rows.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(12), Checksum(file));
        return file;
    }

    /// <exception cref="StorageException">The file is damaged, or of a newer release.</exception>
    public static List<(ShardKey Shard, ShardEnd End, long ExpiredBefore)> Decode(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeadLength || BinaryPrimitives.ReadUInt32LittleEndian(file) != Magic)
        {
            throw Damaged();
        }

        LayoutVersions.Check(FileNames.Heads, file[4], Version);
        var count = BinaryPrimitives.ReadInt32LittleEndian(file[8..]);
        if (count < 0 || file.Length != HeadLength + ((long)count * RowLength) || BinaryPrimitives.ReadUInt32LittleEndian(file[12..]) != Checksum(file))
        {
            throw Damaged();
        }

        var rows = new List<(ShardKey, ShardEnd, long)>(count);
        for (var i = 0; i < count; i++)
        {
            var row = file[(HeadLength + (i * RowLength))..];
            rows.Add((
                new ShardKey(new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(row)), new ShardId(BinaryPrimitives.ReadInt32LittleEndian(row[8..]))),
                new ShardEnd(
                    BinaryPrimitives.ReadInt64LittleEndian(row[16..]),
                    BinaryPrimitives.ReadInt64LittleEndian(row[24..]),
                    BinaryPrimitives.ReadInt64LittleEndian(row[32..]),
                    BinaryPrimitives.ReadInt64LittleEndian(row[40..]),
                    (BinaryPrimitives.ReadInt32LittleEndian(row[12..]) & 1) != 0),
                BinaryPrimitives.ReadInt64LittleEndian(row[48..])));
        }

        return rows;
    }

    /// <summary>Replaces the file, durably on return.</summary>
    public static ValueTask WriteAsync(IDevice device, IReadOnlyList<(ShardKey Shard, ShardEnd End, long ExpiredBefore)> rows) =>
        WholeFile.WriteAsync(device, FileNames.Heads, Encode(rows));

    private static uint Checksum(ReadOnlySpan<byte> file) =>
        Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Start, file[..12]), file[HeadLength..]));

    private static StorageException Damaged() => new(
        StorageFault.Corrupt,
        $"{FileNames.Heads} is damaged: it tells where shards go on whose records expired. Restore it from a backup of the data directory.");
}
