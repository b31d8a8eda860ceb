using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>What a journal file holds of one shard: a row of its index's directory. docs/layouts/index.md must match.</summary>
internal readonly record struct IndexRow
{
    public const int EncodedLength = 104;

    public ShardKey Shard { get; init; }

    /// <summary>Blocks of the shard in the file.</summary>
    public int EntryCount { get; init; }

    /// <summary>The index of the shard's first entry among the file's.</summary>
    public int FirstEntry { get; init; }

    public uint EntriesChecksum { get; init; }

    public bool HasSeal { get; init; }

    public long FirstOrdinal { get; init; }

    public long EndOrdinal { get; init; }

    public long FirstPosition { get; init; }

    public long EndPosition { get; init; }

    public long FirstArrival { get; init; }

    public long LastArrival { get; init; }

    /// <summary>The newest control block's ordinal, and its length; -1 where there is none.</summary>
    public long StateOrdinal { get; init; }

    public int StateLength { get; init; }

    /// <summary>Bytes of all the blocks.</summary>
    public long BlockBytes { get; init; }

    /// <summary>The first entry at a place is here or in a later file where this is true.</summary>
    public bool EndsBefore(ReadStart start) => start.ByPosition ? EndPosition <= start.Value : EndOrdinal <= start.Value;

    /// <summary>No earlier file holds the place where this is true.</summary>
    public bool Reaches(ReadStart start) => start.ByPosition ? FirstPosition <= start.Value : FirstOrdinal <= start.Value;

    public static IndexRow Begin(ShardKey shard, in IndexEntry entry) => new()
    {
        Shard = shard,
        FirstOrdinal = entry.Ordinal,
        FirstPosition = entry.FirstPosition,
        FirstArrival = entry.ArrivalUnixMilliseconds,
        StateOrdinal = -1,
    };

    /// <summary>The row with one more block.</summary>
    public IndexRow With(in IndexEntry entry) => this with
    {
        EntryCount = EntryCount + 1,
        HasSeal = HasSeal || (entry.Flags & BlockFlags.Seal) != 0,
        EndOrdinal = entry.Ordinal + 1,
        EndPosition = entry.EndPosition,
        LastArrival = entry.ArrivalUnixMilliseconds,
        StateOrdinal = entry.IsControl ? entry.Ordinal : StateOrdinal,
        StateLength = entry.IsControl ? entry.Length : StateLength,
        BlockBytes = BlockBytes + entry.Length,
    };

    /// <summary>Where the shard ends with what the file holds of it; files are added in the order of the log.</summary>
    public ShardEnd After(in ShardEnd end) => EndOrdinal <= end.NextOrdinal
        ? end with { StateOrdinal = Math.Max(end.StateOrdinal, StateOrdinal) }
        : new(EndOrdinal, EndPosition, LastArrival, Math.Max(end.StateOrdinal, StateOrdinal), HasSeal);

    public void EncodeTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, Shard.Stream.Value);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], Shard.Shard.Index);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], HasSeal ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(destination[16..], EntryCount);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], FirstEntry);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], EntriesChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(destination[28..], StateLength);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], FirstOrdinal);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], EndOrdinal);
        BinaryPrimitives.WriteInt64LittleEndian(destination[48..], FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(destination[56..], EndPosition);
        BinaryPrimitives.WriteInt64LittleEndian(destination[64..], FirstArrival);
        BinaryPrimitives.WriteInt64LittleEndian(destination[72..], LastArrival);
        BinaryPrimitives.WriteInt64LittleEndian(destination[80..], StateOrdinal);
        BinaryPrimitives.WriteInt64LittleEndian(destination[88..], BlockBytes);
        BinaryPrimitives.WriteInt64LittleEndian(destination[96..], 0);
    }

    public static IndexRow Decode(ReadOnlySpan<byte> source) => new()
    {
        Shard = new ShardKey(
            new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(source)),
            new ShardId(BinaryPrimitives.ReadInt32LittleEndian(source[8..]))),
        HasSeal = (BinaryPrimitives.ReadInt32LittleEndian(source[12..]) & 1) != 0,
        EntryCount = BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
        FirstEntry = BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
        EntriesChecksum = BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
        StateLength = BinaryPrimitives.ReadInt32LittleEndian(source[28..]),
        FirstOrdinal = BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
        EndOrdinal = BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
        FirstPosition = BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
        EndPosition = BinaryPrimitives.ReadInt64LittleEndian(source[56..]),
        FirstArrival = BinaryPrimitives.ReadInt64LittleEndian(source[64..]),
        LastArrival = BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
        StateOrdinal = BinaryPrimitives.ReadInt64LittleEndian(source[80..]),
        BlockBytes = BinaryPrimitives.ReadInt64LittleEndian(source[88..]),
    };
}
