using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Compression;
using Broker.Gateway.Encryption;
using Broker.Tests.Unit.Gateway.Encryption;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Compression;

/// <summary>Any payload, from noise to one byte repeated, comes back through sealing, storage and opening; damage comes back as damage.</summary>
public sealed class CompressedBlockProperties
{
    private static readonly ShardKey Shard = new(new StreamGeneration(9), new ShardId(4));
    private static readonly DataKey Key = BlockCipherTests.MakeKey(3, 1);
    private static readonly NonceSource Nonces = new();

    private static readonly Gen<byte[]> Payloads =
        from seed in Gen.Choose(0, int.MaxValue)
        from length in Gen.OneOf(Gen.Choose(0, 2_000), Gen.Choose(1_000, 200_000))
        from kinds in Gen.Choose(1, 256)
        from run in Gen.Choose(1, 64)
        select Make(seed, length, kinds, run);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_payload_comes_back(bool isEncrypted) => Prop.ForAll(Payloads.ToArbitrary(), plain =>
    {
        var block = Seal(plain, isEncrypted);
        var stored = block.Encode();
        Assert.Equal((block.Head.Codec, isEncrypted) switch { (BlockCodec.Lz4, _) => 3, (_, true) => 2, _ => 1 }, stored[4]);
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(stored, out var read));
        Assert.Equal(block.Head, read!.Head);
        Assert.Equal(plain.Length, read.Head.PlainLength);
        Assert.Equal(BlockHead.EncodedLength + Math.Max(plain.Length, read.Payload.Length), read.OpenedLength);
        if (read.Head.IsPlain)
        {
            Assert.Equal(plain, read.Payload.ToArray());
            return;
        }

        var opened = Open(read);
        Assert.Equal(plain, opened.Payload.ToArray());
        Assert.Throws<InvalidOperationException>(() => opened.Encode());
        if (read.Head.Codec == BlockCodec.Lz4)
        {
            Assert.InRange(read.Payload.Length - (isEncrypted ? BlockHead.EncryptionTagBytes : 0), 1, plain.Length * 7 / 8);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Damage_that_the_checksum_missed_is_data_loss_or_other_records_and_never_a_crash() => Prop.ForAll(
        Payloads.Where(static plain => plain.Length >= PayloadCompressor.LeastBytes).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (plain, seed) =>
        {
            var random = new Random(seed);
            var block = Seal(plain, isEncrypted: false);
            if (block.Head.Codec == BlockCodec.None)
            {
                return;
            }

            for (var i = 0; i < 50; i++)
            {
                var payload = block.Payload.ToArray();
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                {
                    payload[random.Next(payload.Length)] ^= (byte)random.Next(1, 256);
                }

                OpensOrIsLost(block.Head, payload.AsSpan(0, random.Next(2) == 0 ? payload.Length : random.Next(payload.Length)).ToArray());
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_data_loss_or_records_and_never_a_crash() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary(), Gen.Choose(-10, 5_000).ToArbitrary(), (bytes, plainLength) =>
            OpensOrIsLost(Seal(new byte[2_000], isEncrypted: false).Head with { PlainLength = plainLength }, bytes)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1_999)]
    [InlineData(2_001)]
    [InlineData(RecordBlock.MaxPayloadBytes + 1)]
    [InlineData(int.MaxValue)]
    public void A_length_that_is_not_the_records_own_is_data_loss_before_it_is_allocated(int plainLength)
    {
        var block = Seal(new byte[2_000], isEncrypted: false);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(BrokerErrorCode.DataLoss, Fault(block.Head with { PlainLength = plainLength }, block.Payload));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000);
    }

    [Fact]
    public void A_codec_that_this_release_does_not_know_is_told_so()
    {
        var block = Seal(new byte[2_000], isEncrypted: false);
        var unknown = new RecordBlock(block.Head with { Codec = (BlockCodec)9 }, block.Identities, block.Payload);

        // Shards and stores do not look into payloads: they hold and hand on what a newer gateway made.
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(unknown.Encode(), out var read));
        var fault = Assert.Throws<BrokerException>(() => Open(read!));
        Assert.Equal(BrokerErrorCode.Internal, fault.Code);
        Assert.Contains("codec 9", fault.Message, StringComparison.Ordinal);

        var encrypted = new BlockCipher(Key, Nonces).Encrypt(Shard, block.Payload.Span, (BlockCodec)9, 2_000, 1, []);
        Assert.Contains("codec 9", Assert.Throws<BrokerException>(() => Open(encrypted)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_bit_of_a_compressed_and_encrypted_payload_is_found()
    {
        var block = Seal(new byte[2_000], isEncrypted: true);
        Assert.Equal(BlockCodec.Lz4, block.Head.Codec);
        for (var bit = 0; bit < block.Payload.Length * 8; bit++)
        {
            var bytes = block.Payload.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(BrokerErrorCode.DataLoss, Fault(block.Head, bytes));
        }

        Assert.Equal(BrokerErrorCode.DataLoss, Fault(block.Head with { PlainLength = 1_000 }, block.Payload));
        Assert.Equal(BrokerErrorCode.DataLoss, Fault(block.Head with { Codec = BlockCodec.None }, block.Payload));
        Assert.Equal(BrokerErrorCode.DataLoss, Fault(block.Head with { Codec = BlockCodec.None, PlainLength = block.Payload.Length - 16 }, block.Payload));
    }

    private static byte[] Make(int seed, int length, int kinds, int run)
    {
        var random = new Random(seed);
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var value = (byte)random.Next(kinds);
            for (var left = random.Next(1, run + 1); left > 0 && at < length; left--)
            {
                bytes[at++] = value;
            }
        }

        return bytes;
    }

    private static RecordBlock Seal(byte[] plain, bool isEncrypted) =>
        new BlockSealer(Shard, new PayloadCompressor(), isEncrypted ? new BlockCipher(Key, Nonces) : null).Seal(plain, 1, []);

    private static RecordBlock Open(RecordBlock block) =>
        block.Head.KeyGeneration == 0 ? PayloadDecompressor.Open(block, block.Payload.Span) : BlockCipher.Decrypt(Key, block);

    private static BrokerErrorCode Fault(BlockHead head, ReadOnlyMemory<byte> payload) =>
        Assert.Throws<BrokerException>(() => Open(new RecordBlock(head with { PayloadLength = payload.Length }, [], payload))).Code;

    private static void OpensOrIsLost(BlockHead head, byte[] payload)
    {
        try
        {
            Assert.Equal(head.PlainLength, Open(new RecordBlock(head with { PayloadLength = payload.Length }, [], payload)).Payload.Length);
        }
        catch (BrokerException exception)
        {
            Assert.Equal(BrokerErrorCode.DataLoss, exception.Code);
        }
    }
}
