using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Encryption.MasterKeys;

namespace Broker.Tests.Golden;

/// <summary>Encrypted blocks and wrapped data keys (docs/layouts/block.md): what is stored must open for ever.</summary>
public sealed class EncryptionLayoutTests
{
    private static readonly byte[] Material = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

    [Fact]
    public void An_encrypted_block_is_written_and_read_as_version_2()
    {
        var shard = new ShardKey(new StreamGeneration(3), new ShardId(1));
        var key = new DataKey(new WrappedDataKey(0x01020304, "master", [1], 0), Material);
        using var builder = new PayloadBuilder();
        builder.Add("key-1"u8, "data-1"u8, null);
        builder.Add("key-2"u8, "data-2"u8, new HashKey(17));
        var plain = builder.Gathered.ToArray();
        var identity = new BlockIdentity(new BatchIdentity(new Guid("11111111-2222-3333-4444-555555555555"), 7, 8), 0, 2);
        var block = new BlockCipher(key, new NonceSource(0x1122334455667788, 0x99AABBCC)).Encrypt(shard, plain, 2, [identity])
            .Stamp(77, 5, 9, 1_700_000_000_000);
        GoldenFiles.Compare("block-v2.bin", block.Encode());

        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(GoldenFiles.Read("block-v2.bin"), out var read));
        Assert.Equal(block.Head, read!.Head);
        Assert.Equal(identity, Assert.Single(read.Identities));
        Assert.Equal(plain, BlockCipher.Decrypt(key, read).Payload.ToArray());
    }

    [Fact]
    public void A_newer_block_is_refused()
    {
        var bytes = GoldenFiles.Read("block-v2.bin");
        bytes[4] = BlockHead.Version + 1;
        Assert.Equal(BlockFault.NewerVersion, RecordBlock.TryDecode(bytes, out _));
    }

    [Fact]
    public void A_wrapped_data_key_of_version_1_opens()
    {
        var master = new MasterKey("golden", "arn", MasterKeyState.Enabled, Material, null);
        if (Environment.GetEnvironmentVariable("BROKER_GOLDEN_WRITE") == "1")
        {
            GoldenFiles.Compare("wrapped-key-v1.bin", [.. master.Generate("000000000000/3").Wrapped]);
            return;
        }

        var wrapped = GoldenFiles.Read("wrapped-key-v1.bin");
        Assert.Equal((61, 1), (wrapped.Length, wrapped[0]));
        Assert.Equal("BB1F72EFD592515195F5A8343DD1DBF8AE151EFA86149C6966F76F72D5CF4E51", Convert.ToHexString(master.Unwrap(wrapped, "000000000000/3")));
    }
}
