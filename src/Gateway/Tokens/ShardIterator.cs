using System.Buffers.Binary;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Tokens;

/// <summary>A place in a shard, and when it was handed out.</summary>
/// <param name="Shard">The shard, by its stream's key: an iterator of a deleted stream is not one of its successor's.</param>
/// <param name="Position">The next record's position.</param>
/// <param name="CreatedUnixMilliseconds">When it was made.</param>
internal readonly record struct ShardIterator(ShardKey Shard, long Position, long CreatedUnixMilliseconds)
{
    /// <summary>Generation 8, shard 4, position 8, creation 8; little-endian.</summary>
    public const int EncodedLength = 28;

    public byte[] Encode()
    {
        var bytes = new byte[EncodedLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Shard.Stream.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Shard.Shard.Index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), Position);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), CreatedUnixMilliseconds);
        return bytes;
    }

    public static ShardIterator? Decode(ReadOnlySpan<byte> bytes) => bytes.Length != EncodedLength ? null : new ShardIterator(
        new ShardKey(
            new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            new ShardId(BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]))),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]));
}
