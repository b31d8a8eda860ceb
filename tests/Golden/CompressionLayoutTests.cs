using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Compression;
using Broker.Gateway.Encryption;

namespace Broker.Tests.Golden;

/// <summary>Compressed blocks (docs/layouts/block.md): what is stored must open for ever, whatever release of the codec wrote it.</summary>
public sealed class CompressionLayoutTests
{
    private static readonly ShardKey Shard = new(new StreamGeneration(3), new ShardId(1));
    private static readonly BlockIdentity Identity = new(new BatchIdentity(new Guid("11111111-2222-3333-4444-555555555555"), 7, 8), 0, 1);

    /// <summary>One record: no flag but the key's, key "k", and 100 times "a".</summary>
    private static readonly byte[] Plain = [1, 1, 0, 100, 0, 0, 0, (byte)'k', .. Encoding.ASCII.GetBytes(new string('a', 100))];

    /// <summary>The same by the format's own rules: nine literals; a match of 94 at distance 1; the last five, which are literals always.</summary>
    private static readonly byte[] Compressed =
        [0x9F, 1, 1, 0, 100, 0, 0, 0, (byte)'k', (byte)'a', 1, 0, 94 - 4 - 15, 0x50, .. Encoding.ASCII.GetBytes("aaaaa")];

    [Fact]
    public void A_compressed_block_is_written_and_read_as_version_3()
    {
        var block = new RecordBlock(
            new BlockHead
            {
                Shard = Shard,
                Codec = BlockCodec.Lz4,
                PayloadLength = Compressed.Length,
                PlainLength = Plain.Length,
                PayloadChecksum = Crc32C.Compute(Compressed),
                RecordCount = 1,
            },
            [Identity],
            Compressed).Stamp(77, 5, 9, 1_700_000_000_000);
        GoldenFiles.Compare("block-v3.bin", block.Encode());

        var read = Read("block-v3.bin");
        Assert.Equal(block.Head, read.Head);
        Assert.Equal(Plain, PayloadDecompressor.Open(read, read.Payload.Span).Payload.ToArray());
    }

    [Fact]
    public void A_compressed_and_encrypted_block_is_written_and_read_as_version_3()
    {
        var key = new DataKey(new WrappedDataKey(0x01020304, "master", [1], 0), [.. Enumerable.Range(0, 32).Select(static i => (byte)i)]);
        var block = new BlockCipher(key, new NonceSource(0x1122334455667788, 0x99AABBCC))
            .Encrypt(Shard, Compressed, BlockCodec.Lz4, Plain.Length, 1, [Identity])
            .Stamp(77, 5, 9, 1_700_000_000_000);
        GoldenFiles.Compare("block-v3-encrypted.bin", block.Encode());

        var read = Read("block-v3-encrypted.bin");
        Assert.Equal(block.Head, read.Head);
        Assert.Equal(Plain, BlockCipher.Decrypt(key, read).Payload.ToArray());
    }

    private static RecordBlock Read(string name)
    {
        var bytes = GoldenFiles.Read(name);
        Assert.Equal((3, 1), (bytes[4], bytes[5]));
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(bytes, out var read));
        Assert.Equal(Identity, Assert.Single(read!.Identities));
        return read;
    }
}
