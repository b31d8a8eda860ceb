using System.Buffers.Binary;

namespace Broker.Contracts.Blocks;

/// <summary>Who sent a batch: what makes a repeat of it recognisable for as long as the producer's state is kept.</summary>
/// <param name="Producer">The producer's id, 128 bits, unique to one producer (or one gateway route).</param>
/// <param name="ProducerEpoch">Raised by a producer that starts anew under its id; a newer one fences the older.</param>
/// <param name="BatchNumber">The producer's number for the batch; in recent memory never given to another batch.</param>
[GenerateSerializer, Immutable]
[Alias("broker.BatchIdentity")]
public readonly record struct BatchIdentity(
    [property: Id(0)] Guid Producer,
    [property: Id(1)] uint ProducerEpoch,
    [property: Id(2)] ulong BatchNumber)
{
    /// <summary>
    /// The epoch under which gateways number the puts of clients that bring no identity. Those are repeated only while they are
    /// in flight, so shards forget them soon; producers may not use it.
    /// </summary>
    public const uint GatewayEpoch = uint.MaxValue;

    /// <summary>
    /// The epoch of identities that stand for one request of a client that repeats it by itself (AWS's SDKs): a producer of one
    /// batch, known to a shard for <see cref="Limits.ProducerLimits.RequestRetention"/>. Producers may not use it.
    /// </summary>
    public const uint RequestEpoch = uint.MaxValue - 1;
}

/// <summary>Which records of a block came under which identity.</summary>
/// <remarks>
/// The records of one identity may run on past the block into the following blocks of the same append, which is atomic; the
/// entry then stands in the block that holds the first of them.
/// </remarks>
/// <param name="Identity">The batch.</param>
/// <param name="FirstRecord">Index in this block of the identity's first record.</param>
/// <param name="RecordCount">Records under the identity, at least 1.</param>
[GenerateSerializer, Immutable]
[Alias("broker.BlockIdentity")]
public readonly record struct BlockIdentity(
    [property: Id(0)] BatchIdentity Identity,
    [property: Id(1)] int FirstRecord,
    [property: Id(2)] int RecordCount)
{
    /// <summary>Encoded length in bytes. docs/layouts/block.md must match.</summary>
    public const int EncodedLength = 40;

    internal void EncodeTo(Span<byte> destination)
    {
        Identity.Producer.TryWriteBytes(destination, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], Identity.ProducerEpoch);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], FirstRecord);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Identity.BatchNumber);
        BinaryPrimitives.WriteInt32LittleEndian(destination[32..], RecordCount);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], 0);
    }

    internal static BlockIdentity Decode(ReadOnlySpan<byte> source) => new(
        new BatchIdentity(
            new Guid(source[..16], bigEndian: true),
            BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..])),
        BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[32..]));
}
