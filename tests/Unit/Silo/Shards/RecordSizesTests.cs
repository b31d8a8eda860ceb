using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class RecordSizesTests
{
    [Fact]
    public void Of_plain_records_each_has_its_own_and_of_encrypted_or_compressed_ones_the_sum_is_theirs()
    {
        using var builder = new PayloadBuilder();
        builder.Add("k"u8, new byte[10], null);
        builder.Add("key"u8, new byte[100], null);
        builder.Add("key"u8, [], new HashKey(1));
        var plain = builder.Build(new ShardKey(new StreamGeneration(1), new ShardId(0)), []);
        Assert.Equal([11L, 103, 3], Read(plain));

        var payload = new byte[plain.Payload.Length + BlockHead.EncryptionTagBytes];
        var encrypted = new RecordBlock(plain.Head with { KeyGeneration = 1, PayloadLength = payload.Length }, [], payload);
        var sizes = Read(encrypted);

        // A silo cannot see that one has an explicit hash key, and counts its 16 bytes.
        Assert.Equal(11 + 103 + 3 + 16, sizes.Sum());
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        Assert.Equal(3, sizes.Count);

        // What is compressed counts as before: the limits are of what producers sent.
        var compressed = new RecordBlock(plain.Head with { Codec = BlockCodec.Lz4, PayloadLength = 20 }, [], new byte[20]);
        Assert.Equal(sizes, Read(compressed));
    }

    private static List<long> Read(RecordBlock block)
    {
        var all = new List<long>();
        var sizes = new RecordSizes(block);
        while (sizes.TryRead(out var size))
        {
            all.Add(size);
        }

        return all;
    }
}
