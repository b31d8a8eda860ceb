using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>A shard on a silo that does not trust its time: it stamps nothing, and what is durable can be read.</summary>
public sealed class ShardTimeTests
{
    private static readonly BatchIdentity First = new(Guid.NewGuid(), 1, 1);

    private readonly ShardFixture fixture = new();
    private readonly DoubtedTime time = new();
    private readonly ShardDescription self = ShardFixture.Describe(0, HashKeyRange.All);

    [Fact]
    public async Task It_is_not_opened()
    {
        var shard = Open();
        time.Doubt = "the clocks are off";
        var result = await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, First, "a"));
        Assert.Equal(BrokerErrorCode.Unavailable, result.Code);
        Assert.Contains("the clocks are off", result.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await fixture.Log.PeekAsync(new(ShardFixture.Stream, self.Id), default)).Epoch);

        time.Doubt = null;
        Assert.Equal(BrokerErrorCode.None, (await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, First, "a"))).Code);
    }

    [Fact]
    public async Task It_takes_no_record_and_no_seal_and_is_read()
    {
        var shard = Open();
        await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, First, "a"));
        time.Doubt = "the clocks are off";
        Assert.Equal(BrokerErrorCode.Unavailable, (await ShardFixture.PutAsync(shard, ShardFixture.Batch(self, First with { BatchNumber = 2 }, "b"))).Code);
        Assert.Equal(BrokerErrorCode.Unavailable, (await shard.SealAsync(default)).Code);
        Assert.Single(fixture.Log.BlocksOf(new(ShardFixture.Stream, self.Id)));
        var read = await fixture.ReaderOf(shard, self).ReadAsync(new ReadRequest(0, 1_000, TimeSpan.Zero, 0, false), 0, default);
        Assert.Single(read.Blocks);
    }

    private Shard Open() => new(
        new(ShardFixture.Stream, self.Id), self, [], fixture.Log, fixture.Limits, time, fixture.Cache, NullLogger.Instance);

    private sealed class DoubtedTime : FakeTimeProvider, IClusterTime
    {
        public string? Doubt { get; set; }
    }
}
