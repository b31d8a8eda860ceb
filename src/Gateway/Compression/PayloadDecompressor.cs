using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using K4os.Compression.LZ4;

namespace Broker.Gateway.Compression;

/// <summary>Opens compressed blocks for those who serve them. Thread-safe; one array is allocated a block, as long as its records.</summary>
internal static class PayloadDecompressor
{
    /// <summary>No LZ4 block says more in a byte than 255 of a match's length.</summary>
    private const long MostTimes = 255;

    /// <summary>The block with its records as they were.</summary>
    /// <param name="block">A block with a codec.</param>
    /// <param name="stored">Its payload, decrypted.</param>
    /// <exception cref="BrokerException">DataLoss: it does not decode to what its head says. Internal: a newer release wrote it.</exception>
    public static RecordBlock Open(RecordBlock block, ReadOnlySpan<byte> stored)
    {
        var head = block.Head;
        if (head.Codec != BlockCodec.Lz4)
        {
            throw new BrokerException(
                BrokerErrorCode.Internal,
                $"Records of {head.Shard.Shard} from position {head.FirstPosition} on have codec {(byte)head.Codec}, which this release does not know: a newer one wrote them.");
        }

        if (head.PlainLength > 0 && head.PlainLength <= Math.Min(RecordBlock.MaxPayloadBytes, MostTimes * stored.Length))
        {
            var plain = GC.AllocateUninitializedArray<byte>(head.PlainLength);
            if (LZ4Codec.Decode(stored, plain) == plain.Length)
            {
                return block.Open(plain);
            }
        }

        throw new BrokerException(
            BrokerErrorCode.DataLoss,
            $"Records of {head.Shard.Shard} from position {head.FirstPosition} on do not decompress to the {head.PlainLength} bytes that they were: they are damaged.");
    }
}
