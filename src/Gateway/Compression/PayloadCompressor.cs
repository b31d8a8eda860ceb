using System.Buffers;
using Broker.Contracts.Blocks;
using K4os.Compression.LZ4;

namespace Broker.Gateway.Compression;

/// <summary>Compresses the payloads of one shard's blocks where that pays. docs/layouts/block.md must match.</summary>
/// <remarks>Used by the loop of its shard's sender: not thread-safe. Nothing is allocated a block: the result is in a pooled array.</remarks>
internal sealed class PayloadCompressor
{
    /// <summary>Shorter payloads are left alone: a row or a frame costs more than they would save.</summary>
    public const int LeastBytes = 1024;

    private readonly CompressionBackOff backOff = new();

    /// <summary>The codec that <see cref="TryCompress"/> writes.</summary>
    public static BlockCodec Codec => BlockCodec.Lz4;

    /// <summary>Compresses a payload, unless that is not worth trying, or saves less than an eighth.</summary>
    /// <param name="plain">The payload.</param>
    /// <param name="compressed">Starts with the compressed bytes; to be given back to the shared pool.</param>
    /// <returns>How many they are; 0 where the payload is to stay plain, and nothing is to be given back.</returns>
    public int TryCompress(ReadOnlySpan<byte> plain, out byte[] compressed)
    {
        compressed = [];
        if (plain.Length < LeastBytes || !backOff.IsDue())
        {
            return 0;
        }

        // The codec gives up where the room ends, so that data which does not shrink costs no second look.
        var most = plain.Length - (plain.Length / 8);
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        var length = LZ4Codec.Encode(plain, buffer.AsSpan(0, most));
        backOff.Tried(length > 0);
        if (length <= 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return 0;
        }

        compressed = buffer;
        return length;
    }
}
