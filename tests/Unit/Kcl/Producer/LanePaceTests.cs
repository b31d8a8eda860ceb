using Broker.Kcl.Producer;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using PutRecord = Broker.Kcl.Producer.PutRecord;
using ShardRange = Broker.Kcl.HashKeyRange;

namespace Broker.Tests.Unit.Kcl.Producer;

/// <summary>RateLimit: what goes to a shard in a time, on a clock that goes when it is told to.</summary>
public sealed class LanePaceTests
{
    private readonly FakeTimeProvider time = new();
    private int queued;

    [Theory]
    [InlineData(100, 10, 1_000)] // By records: 1,000 a second.
    [InlineData(150, 10, 1_500)]
    [InlineData(100, 10_000, 105)] // By bytes: 1 MiB a second.
    public void A_shard_is_sent_its_share_and_no_more(int rateLimit, int recordBytes, int recordsPerSecond)
    {
        using var lane = NewLane(rateLimit, "shardId-000000000000");
        Add(lane, 10_000, recordBytes);
        var sent = Drain(lane);
        for (var i = 0; i < 400; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            sent += Drain(lane);
        }

        Assert.InRange(sent, (int)(recordsPerSecond * 3.9), (int)(recordsPerSecond * 4.3) + 10);
    }

    [Theory]
    [InlineData(0, "shardId-000000000000")]
    [InlineData(100, null)]
    public void Without_a_limit_and_before_shards_are_known_all_goes(int rateLimit, string? shardId)
    {
        using var lane = NewLane(rateLimit, shardId);
        Add(lane, 10_000, 10);
        Assert.Equal(10_000, Drain(lane));
    }

    private static void Add(Lane lane, int count, int bytes)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(lane.TryAdd(new PutRecord("k", new byte[bytes]), "k"u8, new PutPromise(), 1));
        }
    }

    private int Drain(Lane lane)
    {
        var sent = 0;
        while (queued > 0)
        {
            queued--;
            if (lane.TakeNext() is { } batch)
            {
                sent += batch.Count;
                lane.Done(batch);
            }
        }

        return sent;
    }

    private Lane NewLane(int rateLimit, string? shardId) => new(
        new LaneContext(new BrokerProducerOptions { StreamName = "s", RateLimit = rateLimit, MaxBatchRecords = 10 }, time, _ => queued++),
        shardId, ShardRange.All, maxInFlight: 1);
}
