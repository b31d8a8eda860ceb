using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>The tails' memory is used again, and what a reader was given stays as it was.</summary>
public sealed class TailCacheTests
{
    private const int BlockBytes = 60_000;

    [Fact]
    public void What_a_reader_was_given_stays_when_its_place_is_used_again()
    {
        var cache = new TailCache(2 * 1024 * 1024);
        var tail = new ShardTail(cache);
        List<(int Number, RecordBlock Block)> given = [];
        for (var i = 0; i < 300; i++)
        {
            tail.Add(Block(i));
            var read = ImmutableArray.CreateBuilder<RecordBlock>();
            Assert.True(tail.TryRead(Math.Max(0, i - (i % 5)), 1, read));
            given.Add((i - (i % 5), read[0]));
            Assert.True(cache.Bytes <= 2 * 1024 * 1024);
        }

        Assert.All(given, static read =>
        {
            Assert.Equal(read.Number, read.Block.Head.FirstPosition);
            Assert.Equal(Enumerable.Repeat((byte)read.Number, BlockBytes), read.Block.Payload.ToArray());
        });
    }

    [Fact]
    public void What_is_put_and_not_read_takes_no_new_memory()
    {
        var cache = new TailCache(2 * 1024 * 1024);
        ShardTail[] tails = [new ShardTail(cache), new ShardTail(cache)];
        var blocks = Enumerable.Range(0, 300).Select(Block).ToList();
        Fill(blocks[..100]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(blocks[100..]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);

        void Fill(List<RecordBlock> some)
        {
            foreach (var block in some)
            {
                tails[block.Head.FirstPosition % 2].Add(block);
            }
        }
    }

    [Fact]
    public void A_block_that_is_longer_than_a_slab_takes_keeps_its_own_array()
    {
        var cache = new TailCache(2 * 1024 * 1024);
        var tail = new ShardTail(cache);
        var block = PayloadBuilder.MakeBlock(new ShardKey(new StreamGeneration(1), new ShardId(0)), new byte[1_500_000], 1, []).Stamp(1, 0, 0, 0);
        tail.Add(block);
        var read = ImmutableArray.CreateBuilder<RecordBlock>();
        Assert.True(tail.TryRead(0, 1, read));
        Assert.Same(block, read[0]);
    }

    private static RecordBlock Block(int number)
    {
        var payload = new byte[BlockBytes];
        Array.Fill(payload, (byte)number);
        return PayloadBuilder.MakeBlock(new ShardKey(new StreamGeneration(1), new ShardId(0)), payload, 1, []).Stamp(1, number, number, 0);
    }
}
