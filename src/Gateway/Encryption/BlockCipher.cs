using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Gateway.Compression;

namespace Broker.Gateway.Encryption;

/// <summary>Encrypts whole payloads into blocks and back: AES-256-GCM, the tag behind the ciphertext. docs/layouts/block.md must match.</summary>
/// <remarks>
/// The ciphertext is bound to the stream's generation, the shard, the key's generation, and what else the gateway writes into the
/// head. What the shard stamps (place and time) is not known yet. One array is allocated a block.
/// </remarks>
internal sealed class BlockCipher(DataKey key, NonceSource nonces)
{
    private const byte AssociatedVersion = 2;
    private const int AssociatedLength = 32;
    private const int NonceLength = 12;

    public DataKey Key => key;

    /// <summary>An unstamped block.</summary>
    public RecordBlock Encrypt(ShardKey shard, ReadOnlySpan<byte> plain, int recordCount, ImmutableArray<BlockIdentity> identities) =>
        Encrypt(shard, plain, BlockCodec.None, plain.Length, recordCount, identities);

    /// <summary>An unstamped block of records that were compressed before.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="encoded">The payload by the codec.</param>
    /// <param name="codec">The codec.</param>
    /// <param name="plainLength">Bytes of the payload when decoded.</param>
    /// <param name="recordCount">Records in it.</param>
    /// <param name="identities">Their batches.</param>
    public RecordBlock Encrypt(
        ShardKey shard, ReadOnlySpan<byte> encoded, BlockCodec codec, int plainLength, int recordCount, ImmutableArray<BlockIdentity> identities)
    {
        var payload = GC.AllocateUninitializedArray<byte>(encoded.Length + BlockHead.EncryptionTagBytes);
        var head = new BlockHead
        {
            Shard = shard,
            Codec = codec,
            PayloadLength = payload.Length,
            PlainLength = plainLength,
            PayloadChecksum = 0,
            KeyGeneration = key.Key.Generation,
            Nonce = nonces.Take(),
            RecordCount = recordCount,
        };
        Span<byte> associated = stackalloc byte[AssociatedLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Describe(head, associated, nonce);
        key.Encrypt(nonce, encoded, payload, associated);
        return new RecordBlock(head with { PayloadChecksum = Crc32C.Compute(payload) }, identities, payload);
    }

    /// <summary>The block with its records in the clear, decompressed.</summary>
    /// <exception cref="BrokerException">DataLoss: it is not what was encrypted for this place. As <see cref="PayloadDecompressor.Open"/> where it has a codec.</exception>
    public static RecordBlock Decrypt(DataKey key, RecordBlock block)
    {
        var length = block.Payload.Length - BlockHead.EncryptionTagBytes;
        if (length >= 0 && block.Head.Codec != BlockCodec.None)
        {
            var encoded = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                if (TryDecrypt(key, block, encoded.AsSpan(0, length)))
                {
                    return PayloadDecompressor.Open(block, encoded.AsSpan(0, length));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(encoded);
            }
        }
        else if (length >= 0 && block.Head.PlainLength == length)
        {
            var plain = GC.AllocateUninitializedArray<byte>(length);
            if (TryDecrypt(key, block, plain))
            {
                return block.Open(plain);
            }
        }

        throw new BrokerException(
            BrokerErrorCode.DataLoss,
            $"Records of {block.Head.Shard.Shard} from position {block.Head.FirstPosition} on do not decrypt: they were changed, or are not of this shard.");
    }

    private static bool TryDecrypt(DataKey key, RecordBlock block, Span<byte> destination)
    {
        Span<byte> associated = stackalloc byte[AssociatedLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Describe(block.Head, associated, nonce);
        try
        {
            key.Decrypt(nonce, block.Payload.Span, destination, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static void Describe(in BlockHead head, Span<byte> associated, Span<byte> nonce)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(associated, BlockHead.Magic);
        associated[4] = AssociatedVersion;
        associated[5] = (byte)head.Codec;
        BinaryPrimitives.WriteUInt16LittleEndian(associated[6..], (ushort)head.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(associated[8..], head.PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(associated[12..], head.RecordCount);
        BinaryPrimitives.WriteUInt32LittleEndian(associated[16..], head.KeyGeneration);
        BinaryPrimitives.WriteInt32LittleEndian(associated[20..], head.Shard.Shard.Index);
        BinaryPrimitives.WriteInt64LittleEndian(associated[24..], head.Shard.Stream.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, head.Nonce.High);
        BinaryPrimitives.WriteUInt32LittleEndian(nonce[8..], head.Nonce.Low);
    }
}
