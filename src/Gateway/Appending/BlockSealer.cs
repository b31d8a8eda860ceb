using System.Buffers;
using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Gateway.Compression;
using Broker.Gateway.Encryption;

namespace Broker.Gateway.Appending;

/// <summary>Makes unstamped blocks of one shard from payloads: compresses, then encrypts, then checksums.</summary>
/// <param name="shard">The shard that they are for, and to which encryption binds them.</param>
/// <param name="compressor">The shard's; null to compress nothing.</param>
/// <param name="cipher">What they are encrypted with; null for none.</param>
internal sealed class BlockSealer(ShardKey shard, PayloadCompressor? compressor, BlockCipher? cipher)
{
    /// <summary>A block around a payload that nobody will change any more.</summary>
    public RecordBlock Seal(byte[] payload, int recordCount, ImmutableArray<BlockIdentity> identities) =>
        TrySeal(payload, recordCount, identities) ?? PayloadBuilder.MakeBlock(shard, payload, recordCount, identities);

    /// <summary>A block of what was gathered, copied; the builder starts anew.</summary>
    public RecordBlock Seal(PayloadBuilder gathered, ImmutableArray<BlockIdentity> identities)
    {
        if (TrySeal(gathered.Gathered, gathered.RecordCount, identities) is not { } block)
        {
            return gathered.Build(shard, identities);
        }

        gathered.Clear();
        return block;
    }

    /// <returns>Null where the payload is to be stored as it is.</returns>
    private RecordBlock? TrySeal(ReadOnlySpan<byte> plain, int recordCount, ImmutableArray<BlockIdentity> identities)
    {
        byte[] compressed = [];
        var length = compressor?.TryCompress(plain, out compressed) ?? 0;
        if (length == 0)
        {
            return cipher?.Encrypt(shard, plain, recordCount, identities);
        }

        try
        {
            var stored = compressed.AsSpan(0, length);
            return cipher is not null
                ? cipher.Encrypt(shard, stored, PayloadCompressor.Codec, plain.Length, recordCount, identities)
                : MakeBlock(stored.ToArray(), plain.Length, recordCount, identities);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    private RecordBlock MakeBlock(byte[] stored, int plainLength, int recordCount, ImmutableArray<BlockIdentity> identities) => new(
        new BlockHead
        {
            Shard = shard,
            Codec = PayloadCompressor.Codec,
            PayloadLength = stored.Length,
            PlainLength = plainLength,
            PayloadChecksum = Crc32C.Compute(stored),
            RecordCount = recordCount,
        },
        identities,
        stored);
}
