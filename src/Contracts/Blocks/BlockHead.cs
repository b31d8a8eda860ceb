using System.Buffers.Binary;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Contracts.Blocks;

/// <summary>The fixed head of a record block, version 1 to 3: everything about it but its identities and its payload.</summary>
/// <remarks>
/// The gateway fills in what describes the payload; the shard stamps <see cref="Epoch"/>, <see cref="Ordinal"/>,
/// <see cref="FirstPosition"/> and <see cref="ArrivalUnixMilliseconds"/> when it takes the block. docs/layouts/block.md must match.
/// </remarks>
public readonly record struct BlockHead
{
    /// <summary>Encoded length in bytes of a head, identities not counted.</summary>
    public const int EncodedLength = 96;

    /// <summary>
    /// The highest version that is read and written: 3 where the payload has a codec, else 2 where it is encrypted, else 1. Older
    /// releases read what they know and refuse the others.
    /// </summary>
    public const byte Version = 3;

    /// <summary>Bytes that an encrypted payload ends with: AES-GCM's authentication tag.</summary>
    public const int EncryptionTagBytes = 16;

    /// <summary>"BRK1" as it stands in a file.</summary>
    public const uint Magic = 0x314B_5242;

    /// <summary>The shard whose records these are.</summary>
    public required ShardKey Shard { get; init; }

    public BlockCodec Codec { get; init; }

    public BlockFlags Flags { get; init; }

    /// <summary>Bytes of the payload as stored.</summary>
    public required int PayloadLength { get; init; }

    /// <summary>Bytes of the payload when decoded.</summary>
    public required int PlainLength { get; init; }

    /// <summary>CRC-32C of the payload as stored.</summary>
    public required uint PayloadChecksum { get; init; }

    /// <summary>The stream's data key that the payload is encrypted under; 0 is none.</summary>
    public uint KeyGeneration { get; init; }

    /// <summary>96 bits, unique under the key; zero where there is none. The bytes are those of the head.</summary>
    public (ulong High, uint Low) Nonce { get; init; }

    /// <summary>Records in the payload; 0 in a control block.</summary>
    public required int RecordCount { get; init; }

    /// <summary>The shard's epoch under which the block was appended.</summary>
    public long Epoch { get; init; }

    /// <summary>The block's own dense number in its shard, from 0: gaps in a shard's log show.</summary>
    public long Ordinal { get; init; }

    /// <summary>The position of the first record; of the next record to come in a control block.</summary>
    public long FirstPosition { get; init; }

    /// <summary>The arrival stamp of all records, in milliseconds since 1970; never falls along a shard and its descendants.</summary>
    public long ArrivalUnixMilliseconds { get; init; }

    /// <summary>The position after the last record.</summary>
    public long EndPosition => FirstPosition + RecordCount;

    /// <summary>True where the payload is the records themselves: neither encrypted nor compressed.</summary>
    public bool IsPlain => KeyGeneration == 0 && Codec == BlockCodec.None;

    /// <summary>How the records are encrypted at rest.</summary>
    public EncryptionType EncryptionType => KeyGeneration == 0 ? EncryptionType.None : EncryptionType.Kms;

    /// <summary>True for a block that carries no records but the shard's own state.</summary>
    public bool IsControl => (Flags & (BlockFlags.Seal | BlockFlags.ProducerSnapshot)) != 0;

    internal void EncodeTo(Span<byte> destination, int identityCount)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        destination[4] = Codec != BlockCodec.None ? Version : KeyGeneration != 0 ? (byte)2 : (byte)1;
        destination[5] = (byte)Codec;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], (ushort)Flags);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], PayloadLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], PlainLength);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], PayloadChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[20..], KeyGeneration);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Nonce.High);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[32..], Nonce.Low);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], RecordCount);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[40..], checked((ushort)identityCount));
        BinaryPrimitives.WriteUInt16LittleEndian(destination[42..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(destination[44..], Shard.Shard.Index);
        BinaryPrimitives.WriteInt64LittleEndian(destination[48..], Shard.Stream.Value);
        BinaryPrimitives.WriteInt64LittleEndian(destination[56..], Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(destination[64..], Ordinal);
        BinaryPrimitives.WriteInt64LittleEndian(destination[72..], FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(destination[80..], ArrivalUnixMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[88..], 0);
    }

    internal static BlockHead Decode(ReadOnlySpan<byte> source) => new()
    {
        Codec = (BlockCodec)source[5],
        Flags = (BlockFlags)BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
        PayloadLength = BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
        PlainLength = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
        PayloadChecksum = BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
        KeyGeneration = BinaryPrimitives.ReadUInt32LittleEndian(source[20..]),
        Nonce = (BinaryPrimitives.ReadUInt64LittleEndian(source[24..]), BinaryPrimitives.ReadUInt32LittleEndian(source[32..])),
        RecordCount = BinaryPrimitives.ReadInt32LittleEndian(source[36..]),
        Shard = new ShardKey(
            new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(source[48..])),
            new ShardId(BinaryPrimitives.ReadInt32LittleEndian(source[44..]))),
        Epoch = BinaryPrimitives.ReadInt64LittleEndian(source[56..]),
        Ordinal = BinaryPrimitives.ReadInt64LittleEndian(source[64..]),
        FirstPosition = BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
        ArrivalUnixMilliseconds = BinaryPrimitives.ReadInt64LittleEndian(source[80..]),
    };
}
