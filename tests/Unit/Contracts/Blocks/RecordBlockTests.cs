using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Blocks;

public sealed class RecordBlockTests
{
    private static readonly ShardKey Shard = new(new StreamGeneration(9), new ShardId(4));

    [Fact]
    public void Records_come_back_as_they_were_added()
    {
        using var builder = new PayloadBuilder();
        builder.Add("key"u8, "data"u8, null);
        builder.Add(""u8, ""u8, new HashKey(17));
        var block = builder.Build(Shard, []).Stamp(1, 2, 3, 4);
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(block.Encode(), out var read));
        Assert.Equal((2, 5L), (read!.Head.RecordCount, read.Head.EndPosition));
        var records = new BlockRecordReader(read.Payload.Span);
        Assert.True(records.TryRead(out var first));
        Assert.True(first.PartitionKey.SequenceEqual("key"u8) && first.Data.SequenceEqual("data"u8) && first.ExplicitHashKey is null);
        Assert.True(records.TryRead(out var second));
        Assert.True(second.PartitionKey.IsEmpty && second.Data.IsEmpty && second.HashKey == new HashKey(17));
        Assert.False(records.TryRead(out _));
    }

    [Fact]
    public void Damage_to_any_byte_is_seen()
    {
        using var builder = new PayloadBuilder();
        builder.Add("key"u8, "data"u8, null);
        var encoded = builder.Build(Shard, [new BlockIdentity(new BatchIdentity(Guid.Empty, 1, 2), 0, 1)]).Stamp(1, 2, 3, 4).Encode();
        for (var i = 0; i < encoded.Length; i++)
        {
            encoded[i] ^= 1;
            Assert.NotEqual(BlockFault.None, RecordBlock.TryDecode(encoded, out _));
            encoded[i] ^= 1;
        }
    }

    [Fact]
    public void A_head_is_read_without_its_payload()
    {
        using var builder = new PayloadBuilder();
        builder.Add("key"u8, "data"u8, null);
        var block = builder.Build(Shard, []).Stamp(1, 2, 3, 4);
        Assert.True(RecordBlock.TryReadHead(block.Encode().AsSpan(0, BlockHead.EncodedLength), out var head));
        Assert.Equal(block.Head, head);
    }
}
