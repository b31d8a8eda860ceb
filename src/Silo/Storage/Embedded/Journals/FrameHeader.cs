using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>The head of a frame, which is one group commit: whole blocks of many shards, one after the other. docs/layouts/journal.md must match.</summary>
/// <param name="Generation">Of the file.</param>
/// <param name="Salt">Of the file.</param>
/// <param name="Ordinal">The frame's number, rising through the log; dense within a file.</param>
/// <param name="DurableOrdinal">The highest frame that was known durable when this one was written.</param>
/// <param name="BodyLength">Bytes of the blocks and the echo.</param>
/// <param name="BlockCount">Blocks in the body; 0 in a mark, which only confirms the frames before it.</param>
/// <param name="BodyChecksum">CRC-32C of the body.</param>
/// <param name="EchoLength">Bytes at the end of the body that repeat where the shards of the frame before ended.</param>
internal readonly record struct FrameHeader(
    ulong Generation, ulong Salt, ulong Ordinal, ulong DurableOrdinal, int BodyLength, int BlockCount, uint BodyChecksum, int EchoLength)
{
    public const int EncodedLength = 64;
    public const byte Version = 1;

    /// <summary>"BRKF" as it stands in a file.</summary>
    public const uint Magic = 0x464B_5242;

    private const int ChecksumOffset = 60;

    /// <summary>Bytes of file that the frame takes.</summary>
    public long PaddedLength => AlignedMemory.Pad((long)EncodedLength + BodyLength);

    public void EncodeTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], DurableOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(destination[40..], BodyLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[44..], BlockCount);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[48..], BodyChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(destination[52..], EchoLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[56..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumOffset..], Crc32C.Compute(destination[..ChecksumOffset]));
    }

    /// <summary>Reads a head of one file's frames; false for anything else, damaged or foreign.</summary>
    /// <exception cref="StorageException">Written by a newer release.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> source, ulong generation, ulong? salt, string name, out FrameHeader header)
    {
        header = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumOffset..]) != Crc32C.Compute(source[..ChecksumOffset]))
        {
            return false;
        }

        header = new FrameHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[52..]));
        if (header.Generation != generation || (salt is { } known && header.Salt != known) || header.BodyLength < 0
            || header.EchoLength < 0 || header.EchoLength > header.BodyLength)
        {
            return false;
        }

        LayoutVersions.Check(name, source[4], Version);
        return true;
    }
}
