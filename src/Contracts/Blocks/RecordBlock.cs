using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Broker.Contracts.Blocks;

/// <summary>
/// One to a few thousand records of one shard, encoded once: what travels, is journaled, is cached and is served.
/// </summary>
/// <remarks>
/// Immutable: stamping makes another block over the same payload. The payload's bytes are never changed after construction and
/// belong to the garbage collector, so a block may be kept by a cache, an append in flight and a reader at the same time.
/// </remarks>
public sealed class RecordBlock
{
    /// <summary>What a gateway aims at, in bytes of payload: large enough to amortise, small enough for the small-object heap.</summary>
    public const int TargetPayloadBytes = 64 * 1024;

    /// <summary>Most bytes of payload: one record of 10 MiB with the longest partition key.</summary>
    public const int MaxPayloadBytes = (10 * 1024 * 1024) + (64 * 1024);

    /// <summary>Most identities in one block.</summary>
    public const int MaxIdentities = 8_192;

    public RecordBlock(BlockHead head, ImmutableArray<BlockIdentity> identities, ReadOnlyMemory<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(payload.Length, head.PayloadLength, nameof(payload));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(identities.Length, MaxIdentities, nameof(identities));
        Head = head;
        Identities = identities;
        Payload = payload;
    }

    public BlockHead Head { get; }

    public ImmutableArray<BlockIdentity> Identities { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>True for a block made by <see cref="Open"/>: its payload is plain although its head names a key or a codec. It is never stored or sent.</summary>
    public bool IsOpened { get; private init; }

    /// <summary>Bytes of the whole block as stored.</summary>
    public int EncodedLength => BlockHead.EncodedLength + (Identities.Length * BlockIdentity.EncodedLength) + Payload.Length;

    /// <summary>Bytes of the whole block once it is opened: what a read counts, since whoever serves it holds as many.</summary>
    public long OpenedLength => EncodedLength + Math.Max(0L, (long)Head.PlainLength - Payload.Length);

    /// <summary>The same records, taken by a shard at a place and time.</summary>
    public RecordBlock Stamp(long epoch, long ordinal, long firstPosition, long arrivalUnixMilliseconds) => new(
        Head with
        {
            Epoch = epoch,
            Ordinal = ordinal,
            FirstPosition = firstPosition,
            ArrivalUnixMilliseconds = arrivalUnixMilliseconds,
        },
        Identities,
        Payload);

    /// <summary>The same records decrypted and decompressed, for whoever serves them; the head tells as before how they are stored.</summary>
    /// <param name="plainPayload">Never changed after the call.</param>
    public RecordBlock Open(ReadOnlyMemory<byte> plainPayload) =>
        new(Head with { PayloadLength = plainPayload.Length }, Identities, plainPayload) { IsOpened = true };

    /// <summary>Writes the block; the head's checksum is computed here, the payload's was by whoever made the payload.</summary>
    /// <returns>Bytes written: <see cref="EncodedLength"/>.</returns>
    /// <exception cref="InvalidOperationException">The block is opened: its payload is not what its head says.</exception>
    public int EncodeTo(Span<byte> destination)
    {
        if (IsOpened)
        {
            throw new InvalidOperationException($"A block of {Head.Shard} that was opened to be served is not to be stored or sent.");
        }

        Head.EncodeTo(destination, Identities.Length);
        var offset = BlockHead.EncodedLength;
        foreach (var identity in Identities)
        {
            identity.EncodeTo(destination[offset..]);
            offset += BlockIdentity.EncodedLength;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(destination[92..], HeadChecksum(destination[..offset]));
        Payload.Span.CopyTo(destination[offset..]);
        return offset + Payload.Length;
    }

    public byte[] Encode()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(EncodedLength);
        EncodeTo(bytes);
        return bytes;
    }

    /// <summary>Reads how long the block that starts here is, from its head alone; nothing is verified but the magic and bounds.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> source, out int length)
    {
        length = 0;
        if (source.Length < BlockHead.EncodedLength || BinaryPrimitives.ReadUInt32LittleEndian(source) != BlockHead.Magic)
        {
            return false;
        }

        var payloadLength = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        var identityCount = BinaryPrimitives.ReadUInt16LittleEndian(source[40..]);
        if (payloadLength is < 0 or > MaxPayloadBytes || identityCount > MaxIdentities)
        {
            return false;
        }

        length = BlockHead.EncodedLength + (identityCount * BlockIdentity.EncodedLength) + payloadLength;
        return true;
    }

    /// <summary>Reads a block's head, its checksum verified; the payload may be damaged or cut off.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> source, out BlockHead head)
    {
        head = default;
        if (!TryReadLength(source, out _) || source[4] > BlockHead.Version)
        {
            return false;
        }

        var end = BlockHead.EncodedLength + (BinaryPrimitives.ReadUInt16LittleEndian(source[40..]) * BlockIdentity.EncodedLength);
        if (source.Length < end || BinaryPrimitives.ReadUInt32LittleEndian(source[92..]) != HeadChecksum(source[..end]))
        {
            return false;
        }

        head = BlockHead.Decode(source);
        return true;
    }

    /// <summary>Reads a block whose bytes the caller gives up: the payload is a slice of <paramref name="source"/>.</summary>
    /// <param name="source">Starts with a block; may be longer.</param>
    /// <param name="block">The block, both its checksums verified.</param>
    public static BlockFault TryDecode(ReadOnlyMemory<byte> source, out RecordBlock? block)
    {
        block = null;
        var span = source.Span;
        if (!TryReadLength(span, out var length) || span.Length < length)
        {
            return BlockFault.NotABlock;
        }

        if (span[4] > BlockHead.Version)
        {
            return BlockFault.NewerVersion;
        }

        var identityCount = BinaryPrimitives.ReadUInt16LittleEndian(span[40..]);
        var payloadOffset = BlockHead.EncodedLength + (identityCount * BlockIdentity.EncodedLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(span[92..]) != HeadChecksum(span[..payloadOffset]))
        {
            return BlockFault.HeadChecksum;
        }

        var head = BlockHead.Decode(span);
        var payload = source[payloadOffset..length];
        if (Crc32C.Compute(payload.Span) != head.PayloadChecksum)
        {
            return BlockFault.PayloadChecksum;
        }

        var identities = ImmutableArray.CreateBuilder<BlockIdentity>(identityCount);
        for (var i = 0; i < identityCount; i++)
        {
            identities.Add(BlockIdentity.Decode(span[(BlockHead.EncodedLength + (i * BlockIdentity.EncodedLength))..]));
        }

        block = new RecordBlock(head, identities.MoveToImmutable(), payload);
        return BlockFault.None;
    }

    /// <summary>Over the head up to its checksum, then over the identities.</summary>
    private static uint HeadChecksum(ReadOnlySpan<byte> headAndIdentities) => Crc32C.Finish(
        Crc32C.Append(Crc32C.Append(Crc32C.Start, headAndIdentities[..92]), headAndIdentities[BlockHead.EncodedLength..]));
}
