using System.Buffers.Binary;
using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>Where one block stands in a journal file. docs/layouts/index.md must match.</summary>
/// <param name="Ordinal">The block's number in its shard.</param>
/// <param name="FirstPosition">Of its first record; of the next record in a control block.</param>
/// <param name="ArrivalUnixMilliseconds">Of its records.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes encoded.</param>
/// <param name="RecordCount">0 in a control block.</param>
/// <param name="Flags">As in the block's head.</param>
internal readonly record struct IndexEntry(
    long Ordinal, long FirstPosition, long ArrivalUnixMilliseconds, uint Offset, int Length, int RecordCount, BlockFlags Flags)
{
    public const int EncodedLength = 40;

    public long EndPosition => FirstPosition + RecordCount;

    public bool IsControl => (Flags & (BlockFlags.Seal | BlockFlags.ProducerSnapshot)) != 0;

    public static IndexEntry Of(in BlockHead head, long offset, int length) => new(
        head.Ordinal, head.FirstPosition, head.ArrivalUnixMilliseconds, checked((uint)offset), length, head.RecordCount, head.Flags);

    public void EncodeTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, Ordinal);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], ArrivalUnixMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(destination[28..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[32..], RecordCount);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[36..], (uint)Flags);
    }

    public static IndexEntry Decode(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64LittleEndian(source),
        BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[28..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[32..]),
        (BlockFlags)BinaryPrimitives.ReadUInt32LittleEndian(source[36..]));
}
