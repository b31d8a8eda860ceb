using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>Portions of one batch that come together at a merged shard.</summary>
public sealed class PortionTests
{
    private static readonly HashKey[] Keys = [new(10), new(20), new(30)];
    private readonly AppendBatch batch = new(3, 0, new BatchIdentity(Guid.NewGuid(), 1, 1), isDivisible: false, 0);
    private readonly AppendGroup group = new(Keys, [0, 1, 2]);

    [Fact]
    public void A_joined_portion_has_handled_only_what_both_had()
    {
        // Shard 1 took 20 and 30; of that only the first portion was told, and gave up 20. The second still holds 30.
        var first = Portion(0);
        first.Handled.AddRange([new ShardId(0), new ShardId(1)]);
        var second = Portion(2);
        second.Handled.Add(new ShardId(0));
        var joined = PortionEditor.Join(first, second);
        Assert.Equal([0, 2], joined.Records.Indexes);
        Assert.Equal([new ShardId(0)], joined.Handled);
    }

    [Fact]
    public void A_portion_does_not_go_on_to_a_shard_that_would_miss_the_part_that_failed()
    {
        var (lost, left, right) = (Portion(0), Portion(1), Portion(2));
        lost.Fail(BrokerErrorCode.StorageFull, "full");
        List<AppendPortion> queue = [left, right];
        Assert.Empty(PortionOrder.TakeBroken(queue, new HashKeyRange(Keys[1], Keys[2])));
        Assert.Equal([left, right], PortionOrder.TakeBroken(queue, new HashKeyRange(Keys[0], Keys[2])));
        Assert.Empty(queue);
    }

    private AppendPortion Portion(int index)
    {
        using var writer = new ChunkWriter();
        writer.Add(index, "k"u8, "d"u8, Keys[index]);
        return new AppendPortion(batch, group, writer.Finish());
    }
}
