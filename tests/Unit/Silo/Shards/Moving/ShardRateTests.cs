using Broker.Silo.Shards.Moving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards.Moving;

/// <summary>What a shard costs its silo.</summary>
public sealed class ShardRateTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void A_steady_load_is_told_as_it_is_after_a_few_seconds()
    {
        var rate = new ShardRate(time);
        for (var tick = 0; tick < 100; tick++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            rate.Took(100_000, 100);
        }

        // 1,000,000 bytes, 1,000 records of 256 and 10 calls of 2,048 a second.
        Assert.InRange(rate.PerSecond, 1_276_480 * 0.98, 1_276_480 * 1.02);
    }

    [Fact]
    public void A_load_that_ended_is_forgotten_by_half_a_second()
    {
        var rate = new ShardRate(time);
        rate.Took(1_000_000, 0);
        time.Advance(TimeSpan.FromSeconds(1));
        var loaded = rate.PerSecond;
        Assert.True(loaded > 400_000);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.InRange(rate.PerSecond, loaded / 16 * 0.99, loaded / 16 * 1.01);
    }
}
