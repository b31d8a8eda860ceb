using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;

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
    public RecordBlock Encrypt(ShardKey shard, ReadOnlySpan<byte> plain, int recordCount, ImmutableArray<BlockIdentity> identities)
    {
        var payload = GC.AllocateUninitializedArray<byte>(plain.Length + BlockHead.EncryptionTagBytes);
        var head = new BlockHead
        {
            Shard = shard,
            PayloadLength = payload.Length,
            PlainLength = plain.Length,
            PayloadChecksum = 0,
            KeyGeneration = key.Key.Generation,
            Nonce = nonces.Take(),
            RecordCount = recordCount,
        };
        Span<byte> associated = stackalloc byte[AssociatedLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Describe(head, associated, nonce);
        key.Encrypt(nonce, plain, payload, associated);
        return new RecordBlock(head with { PayloadChecksum = Crc32C.Compute(payload) }, identities, payload);
    }

    /// <summary>The block with its records in the clear.</summary>
    /// <exception cref="BrokerException">DataLoss: it is not what was encrypted for this place.</exception>
    public static RecordBlock Decrypt(DataKey key, RecordBlock block)
    {
        var head = block.Head;
        Span<byte> associated = stackalloc byte[AssociatedLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Describe(head, associated, nonce);
        if (head.PlainLength >= 0 && head.PlainLength == block.Payload.Length - BlockHead.EncryptionTagBytes)
        {
            var plain = GC.AllocateUninitializedArray<byte>(head.PlainLength);
            try
            {
                key.Decrypt(nonce, block.Payload.Span, plain, associated);
                return block.Open(plain);
            }
            catch (AuthenticationTagMismatchException)
            {
                // Told below.
            }
        }

        throw new BrokerException(
            BrokerErrorCode.DataLoss,
            $"Records of {head.Shard.Shard} from position {head.FirstPosition} on do not decrypt: they were changed, or are not of this shard.");
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
