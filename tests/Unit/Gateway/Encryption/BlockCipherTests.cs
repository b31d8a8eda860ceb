using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Encryption;

public sealed class BlockCipherTests
{
    private static readonly ShardKey Shard = new(new StreamGeneration(9), new ShardId(4));
    private static readonly DataKey Key = MakeKey(3, 1);
    private static readonly NonceSource Nonces = new();

    [Fact]
    public void What_is_encrypted_survives_storage_and_comes_back()
    {
        var plain = Payload(3, 100);
        var identity = new BlockIdentity(new BatchIdentity(Guid.NewGuid(), 1, 2), 0, 3);
        var block = new BlockCipher(Key, Nonces).Encrypt(Shard, plain, 3, [identity]).Stamp(1, 2, 3, 4);
        Assert.Equal((3u, EncryptionType.Kms, plain.Length), (block.Head.KeyGeneration, block.Head.EncryptionType, block.Head.PlainLength));
        Assert.Equal(-1, block.Payload.Span.IndexOf("data"u8));

        var stored = block.Encode();
        Assert.Equal(2, stored[4]);
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(stored, out var read));
        Assert.Equal(block.Head, read!.Head);
        var opened = BlockCipher.Decrypt(Key, read);
        Assert.Equal(plain, opened.Payload.ToArray());
        Assert.Equal((EncryptionType.Kms, 3, 3L), (opened.Head.EncryptionType, opened.Head.RecordCount, opened.Head.FirstPosition));
        Assert.Equal(identity, Assert.Single(opened.Identities));
        Assert.Throws<InvalidOperationException>(() => opened.Encode());
    }

    [Fact]
    public void Every_flipped_bit_of_a_payload_is_found()
    {
        var block = new BlockCipher(Key, Nonces).Encrypt(Shard, Payload(1, 20), 1, []);
        for (var bit = 0; bit < block.Payload.Length * 8; bit++)
        {
            var bytes = block.Payload.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Refused(Key, block.Head with { PayloadChecksum = Crc32C.Compute(bytes) }, bytes);
        }
    }

    [Fact]
    public void A_block_belongs_to_its_shard_its_stream_its_key_and_its_head()
    {
        var block = new BlockCipher(Key, Nonces).Encrypt(Shard, Payload(2, 20), 2, []);
        BlockHead[] others =
        [
            block.Head with { Shard = new ShardKey(Shard.Stream, new ShardId(5)) },
            block.Head with { Shard = new ShardKey(new StreamGeneration(10), Shard.Shard) },
            block.Head with { KeyGeneration = 4 },
            block.Head with { RecordCount = 1 },
            block.Head with { PlainLength = block.Head.PlainLength - 1 },
            block.Head with { PlainLength = -1 },
            block.Head with { Flags = BlockFlags.Seal },
            block.Head with { Codec = (BlockCodec)1 },
            block.Head with { Nonce = (block.Head.Nonce.High, block.Head.Nonce.Low + 1) },
            block.Head with { Nonce = (block.Head.Nonce.High + 1, block.Head.Nonce.Low) },
        ];
        Assert.All(others, head => Refused(Key, head, block.Payload));
        Refused(MakeKey(3, 2), block.Head, block.Payload);
        BlockCipher.Decrypt(Key, block);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public void A_block_costs_the_same_allocations_however_many_records_it_has(int records)
    {
        var plain = Payload(records, 40_000 / records);
        var cipher = new BlockCipher(Key, Nonces);
        BlockCipher.Decrypt(Key, cipher.Encrypt(Shard, plain, records, []));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var block = cipher.Encrypt(Shard, plain, records, []);
        var encrypted = GC.GetAllocatedBytesForCurrentThread();
        BlockCipher.Decrypt(Key, block);
        var decrypted = GC.GetAllocatedBytesForCurrentThread();

        // The payload's array, and two small objects around it.
        Assert.InRange(encrypted - before - plain.Length, 0, 1_024);
        Assert.InRange(decrypted - encrypted - plain.Length, 0, 1_024);
    }

    [Fact]
    public async Task Threads_share_a_key()
    {
        var plain = Payload(5, 2_000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                var block = new BlockCipher(Key, Nonces).Encrypt(Shard, plain, 5, []);
                Assert.True(BlockCipher.Decrypt(Key, block).Payload.Span.SequenceEqual(plain));
            }
        })));
    }

    internal static DataKey MakeKey(uint generation, byte material)
    {
        var bits = new byte[32];
        Array.Fill(bits, material);
        return new DataKey(new WrappedDataKey(generation, "master", [1], 0), bits);
    }

    internal static byte[] Payload(int records, int bytes)
    {
        using var builder = new PayloadBuilder();
        for (var i = 0; i < records; i++)
        {
            builder.Add("key"u8, [.. "data"u8, .. new byte[bytes]], null);
        }

        return builder.TakePayload();
    }

    private static void Refused(DataKey key, BlockHead head, ReadOnlyMemory<byte> payload)
    {
        var fault = Assert.Throws<BrokerException>(() => BlockCipher.Decrypt(key, new RecordBlock(head, [], payload)));
        Assert.Equal(BrokerErrorCode.DataLoss, fault.Code);
    }
}
