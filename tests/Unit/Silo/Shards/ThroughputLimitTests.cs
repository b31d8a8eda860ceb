using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class ThroughputLimitTests
{
    private readonly FakeTimeProvider time = new();

    [Theory]
    [InlineData(StreamMode.Provisioned, false, true)]
    [InlineData(StreamMode.Provisioned, true, true)]
    [InlineData(StreamMode.OnDemand, false, false)]
    [InlineData(StreamMode.OnDemand, true, true)]
    public void ON_DEMAND_shards_are_limited_where_that_is_asked_for_alone(StreamMode mode, bool throttle, bool isLimited) =>
        Assert.Equal(isLimited, ThroughputLimit.Of(Stream(mode), new BrokerLimits { OnDemandThrottle = throttle }, time) is not null);

    [Fact]
    public void A_throttled_ON_DEMAND_shard_takes_a_thousand_records_a_second_as_on_AWS()
    {
        var limit = ThroughputLimit.Of(Stream(StreamMode.OnDemand), new BrokerLimits { OnDemandThrottle = true }, time)!;
        Assert.True(limit.TryTakeWrite([Block(900)], out _, out _));
        Assert.False(limit.TryTakeWrite([Block(200)], out var admitted, out var rule));
        Assert.Equal(100, admitted);
        Assert.Contains("1000 records/s", rule, StringComparison.Ordinal);
        Assert.True(limit.TryTakeWrite([Block(100)], out _, out _));
        Assert.False(limit.TryTakeWrite([Block(1)], out _, out _));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limit.TryTakeWrite([Block(1000)], out _, out _));
    }

    [Fact]
    public void A_compressed_block_counts_with_the_bytes_that_its_records_have()
    {
        var limit = new ThroughputLimit(new BrokerLimits { ShardWriteBytesPerSecond = 10_000, ShardWriteRecordsPerSecond = 0 }, time);
        var plain = Block(100);
        var compressed = new RecordBlock(plain.Head with { Codec = BlockCodec.Lz4, PlainLength = 20_700, PayloadLength = 50 }, [], new byte[50]);
        Assert.False(limit.TryTakeWrite([compressed], out var admitted, out var rule));
        Assert.Equal(50, admitted);
        Assert.Contains("10000 bytes/s", rule, StringComparison.Ordinal);
    }

    private static StreamDescription Stream(StreamMode mode) => new("s", new StreamGeneration(1), StreamStatus.Active, mode, 24, 0, 1 << 20, 0, 4, 0, 1);

    private static RecordBlock Block(int records)
    {
        using var builder = new PayloadBuilder();
        for (var i = 0; i < records; i++)
        {
            builder.Add("k"u8, "d"u8, null);
        }

        return builder.Build(new ShardKey(new StreamGeneration(1), new ShardId(0)), []);
    }
}
