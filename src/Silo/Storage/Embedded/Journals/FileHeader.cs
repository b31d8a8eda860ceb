using System.Buffers.Binary;
using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>The first page of a journal file, version 1. docs/layouts/journal.md must match.</summary>
internal sealed record FileHeader
{
    public const int EncodedLength = AlignedMemory.Alignment;
    public const byte Version = 1;

    /// <summary>"BRKJ" as it stands in a file.</summary>
    public const uint Magic = 0x4A4B_5242;

    /// <summary>Most files that one can replace.</summary>
    public const int MaxReplaced = (EncodedLength - ReplacedOffset - sizeof(uint)) / sizeof(ulong);

    private const int ReplacedOffset = 80;
    private const int ChecksumOffset = EncodedLength - sizeof(uint);

    /// <summary>The file's own number, never given twice in a data directory.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Where the file stands in the order of the log: its own generation, or the place of the first file that it replaces.</summary>
    public required ulong Place { get; init; }

    /// <summary>Stands in every frame, so that bytes of a client are never taken for one.</summary>
    public required ulong Salt { get; init; }

    public required ulong FirstOrdinal { get; init; }

    /// <summary>The file appended to before this one; 0 is none.</summary>
    public ulong PreviousGeneration { get; init; }

    /// <summary>Where the previous file definitively ends: what stands after it never happened.</summary>
    public long PreviousEnd { get; init; }

    /// <summary>The ordinal of the previous file's last frame; 0 where it has none.</summary>
    public ulong PreviousLastOrdinal { get; init; }

    /// <summary>Bytes used, of a file that was written whole before it got its name; 0 in a file that is appended to.</summary>
    public long CompleteLength { get; init; }

    /// <summary>Generations whose living rest this file holds: where both are found, they are removed.</summary>
    public ImmutableArray<ulong> Replaced { get; init; } = [];

    public void EncodeTo(Span<byte> page)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(page, Magic);
        page[4] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(page[8..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(page[16..], Place);
        BinaryPrimitives.WriteUInt64LittleEndian(page[24..], Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], FirstOrdinal);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], PreviousGeneration);
        BinaryPrimitives.WriteInt64LittleEndian(page[48..], PreviousEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(page[56..], PreviousLastOrdinal);
        BinaryPrimitives.WriteInt64LittleEndian(page[64..], CompleteLength);
        BinaryPrimitives.WriteInt32LittleEndian(page[72..], Replaced.Length);
        for (var i = 0; i < Replaced.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page[(ReplacedOffset + (i * sizeof(ulong)))..], Replaced[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(page[ChecksumOffset..], Crc32C.Compute(page[..ChecksumOffset]));
    }

    /// <returns>Null where the page is damaged.</returns>
    /// <exception cref="StorageException">Written by a newer release.</exception>
    public static FileHeader? Decode(ReadOnlySpan<byte> page, string name)
    {
        if (page.Length < EncodedLength
            || BinaryPrimitives.ReadUInt32LittleEndian(page) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(page[ChecksumOffset..]) != Crc32C.Compute(page[..ChecksumOffset]))
        {
            return null;
        }

        LayoutVersions.Check(name, page[4], Version);
        var count = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(page[72..]), 0, MaxReplaced);
        var replaced = ImmutableArray.CreateBuilder<ulong>(count);
        for (var i = 0; i < count; i++)
        {
            replaced.Add(BinaryPrimitives.ReadUInt64LittleEndian(page[(ReplacedOffset + (i * sizeof(ulong)))..]));
        }

        return new FileHeader
        {
            Generation = BinaryPrimitives.ReadUInt64LittleEndian(page[8..]),
            Place = BinaryPrimitives.ReadUInt64LittleEndian(page[16..]),
            Salt = BinaryPrimitives.ReadUInt64LittleEndian(page[24..]),
            FirstOrdinal = BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
            PreviousGeneration = BinaryPrimitives.ReadUInt64LittleEndian(page[40..]),
            PreviousEnd = BinaryPrimitives.ReadInt64LittleEndian(page[48..]),
            PreviousLastOrdinal = BinaryPrimitives.ReadUInt64LittleEndian(page[56..]),
            CompleteLength = BinaryPrimitives.ReadInt64LittleEndian(page[64..]),
            Replaced = replaced.MoveToImmutable(),
        };
    }
}
