using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Xunit;
using static Broker.Tests.Unit.Silo.Shards.ShardFixture;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class ShardAppendTests
{
    private static readonly Guid Producer = new("11111111-2222-3333-4444-555555555555");
    private readonly ShardFixture fixture = new();
    private readonly ShardDescription whole = Describe(0, HashKeyRange.All);

    [Fact]
    public async Task PositionsAreDenseAndStampsNeverFallWhenTheClockStepsBack()
    {
        var shard = fixture.Open(whole);
        var first = await PutAsync(shard, Batch(whole, Id(1), "a", "b"));
        fixture.Time.AdjustTime(fixture.Time.GetUtcNow() - TimeSpan.FromHours(1));
        var second = await PutAsync(shard, Batch(whole, Id(2), "c"));

        Assert.Equal((BrokerErrorCode.None, 0), (first.Code, first.FirstPosition));
        Assert.Equal((BrokerErrorCode.None, 2), (second.Code, second.FirstPosition));
        Assert.Equal(first.ArrivalUnixMilliseconds, second.ArrivalUnixMilliseconds);
    }

    [Fact]
    public async Task ARepeatIsAnsweredWithTheFirstAnswerAndNotAppended()
    {
        var shard = fixture.Open(whole);
        var first = await PutAsync(shard, Batch(whole, Id(1), "a", "b"));
        var repeat = await PutAsync(shard, Batch(whole, Id(1), "a", "b"));

        var verdict = Assert.Single(repeat.Verdicts);
        Assert.Equal(BrokerErrorCode.None, verdict.Code);
        Assert.Equal((first.FirstPosition, 2, first.ArrivalUnixMilliseconds), (verdict.FirstPosition, verdict.RecordCount, verdict.ArrivalUnixMilliseconds));
        Assert.Single(fixture.Log.BlocksOf(Key(whole)));
    }

    [Fact]
    public async Task APipelinedBatchMayArriveBeforeAnEarlierOne()
    {
        var shard = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(5), "a"))).Code);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(4), "b"))).Code);
        Assert.Single((await PutAsync(shard, Batch(whole, Id(4), "b"))).Verdicts);
    }

    [Fact]
    public async Task ANumberBelowTheWindowIsAnErrorAndNeverASuccess()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, Batch(whole, Id(1), "a"));
        await PutAsync(shard, Batch(whole, Id(1 + ProducerLimits.WindowBatches), "b"));
        var late = await PutAsync(shard, Batch(whole, Id(1), "a"));

        Assert.Equal(BrokerErrorCode.BatchTooOld, Assert.Single(late.Verdicts).Code);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(2), "c"))).Code);
    }

    [Fact]
    public async Task ANewerProducerEpochFencesTheOlder()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, Batch(whole, new BatchIdentity(Producer, 2, 1), "a"));
        var old = await PutAsync(shard, Batch(whole, new BatchIdentity(Producer, 1, 9), "b"));

        Assert.Equal(BrokerErrorCode.ProducerFenced, Assert.Single(old.Verdicts).Code);
        Assert.Single(fixture.Log.BlocksOf(Key(whole)));
    }

    [Theory]
    [InlineData(2, 1, 1, 9, BrokerErrorCode.ProducerFenced)]
    [InlineData(1, 2000, 1, 1, BrokerErrorCode.BatchTooOld)]
    public async Task BatchesOfOneAppendAreJudgedOneAfterTheOther(uint epoch, ulong number, uint laterEpoch, ulong laterNumber, BrokerErrorCode code)
    {
        var append = await PutAsync(
            fixture.Open(whole),
            [.. Batch(whole, new BatchIdentity(Producer, epoch, number), "a"), .. Batch(whole, new BatchIdentity(Producer, laterEpoch, laterNumber), "b")]);

        var verdict = Assert.Single(append.Verdicts);
        Assert.Equal((laterNumber, code), (verdict.Identity.BatchNumber, verdict.Code));
        Assert.Empty(fixture.Log.BlocksOf(Key(whole)));
    }

    [Fact]
    public async Task ARepeatWaitsForTheFirstWhileItIsInFlight()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, Batch(whole, Id(1), "a"));
        fixture.Log.Hold = true;
        var first = PutAsync(shard, Batch(whole, Id(2), "b"));
        var repeat = PutAsync(shard, Batch(whole, Id(2), "b"));
        Assert.False(repeat.IsCompleted);

        fixture.Log.ReleaseOne();
        Assert.Equal(BrokerErrorCode.None, (await first).Code);
        Assert.Equal((await first).FirstPosition, Assert.Single((await repeat).Verdicts).FirstPosition);
        Assert.Equal(2, fixture.Log.BlocksOf(Key(whole)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AfterAnUnknownOutcomeTheRetryLandsOnce(bool lands)
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, Batch(whole, Id(1), "a"));
        fixture.Log.NextOutcomes.Enqueue(AppendStatus.Uncertain);
        fixture.Log.UncertainLands = lands;
        Assert.Equal(BrokerErrorCode.Unavailable, (await PutAsync(shard, Batch(whole, Id(2), "b"))).Code);

        var retry = await PutAsync(shard, Batch(whole, Id(2), "b"));
        Assert.Equal(lands ? 1 : 0, retry.Verdicts.Length);
        Assert.Equal(2, fixture.Log.BlocksOf(Key(whole)).Count);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(3), "c"))).Code);
    }

    [Fact]
    public async Task AFullDiskIsToldAndWritingGoesOnWhenSpaceReturns()
    {
        var shard = fixture.Open(whole);
        fixture.Log.NextOutcomes.Enqueue(AppendStatus.DiskFull);
        Assert.Equal(BrokerErrorCode.StorageFull, (await PutAsync(shard, Batch(whole, Id(1), "a"))).Code);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(1), "a"))).Code);
        Assert.Single(fixture.Log.BlocksOf(Key(whole)));
    }

    [Fact]
    public async Task OfTwoOwnersOnlyTheLaterAppends()
    {
        var older = fixture.Open(whole);
        await PutAsync(older, Batch(whole, Id(1), "a"));
        var newer = fixture.Open(whole);
        await PutAsync(newer, Batch(whole, Id(2), "b"));

        Assert.Equal(BrokerErrorCode.Unavailable, (await PutAsync(older, Batch(whole, Id(3), "c"))).Code);
        Assert.True(older.IsSuperseded);
        Assert.Equal(2, fixture.Log.BlocksOf(Key(whole)).Count);
    }

    [Fact]
    public async Task ProducersAreRememberedAfterReopeningThroughSnapshots()
    {
        var shard = fixture.Open(whole);
        var big = new string('x', 200_000);
        for (ulong number = 1; number <= 60; number++)
        {
            await PutAsync(shard, Batch(whole, Id(number), big + number));
        }

        Assert.Contains(fixture.Log.BlocksOf(Key(whole)), block => block.Head.Flags == BlockFlags.ProducerSnapshot);
        var reopened = fixture.Open(whole);
        for (ulong number = 1; number <= 60; number++)
        {
            var repeat = await PutAsync(reopened, Batch(whole, Id(number), big + number));
            Assert.Equal((long)number - 1, Assert.Single(repeat.Verdicts).FirstPosition);
        }
    }

    [Fact]
    public async Task AProducerIsForgottenAfterItsRetentionAndMayStartAnew()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, Batch(whole, Id(5_000), "a"));
        fixture.Time.Advance(fixture.Limits.StateRetention + TimeSpan.FromSeconds(1));

        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, Id(1), "b"))).Code);
        Assert.Single((await PutAsync(shard, Batch(whole, Id(1), "b"))).Verdicts);
    }

    [Fact]
    public async Task TooManyProducersAreRefusedUntilOthersAreForgotten()
    {
        fixture.Limits.MaxProducersPerShard = 2;
        var shard = fixture.Open(whole);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, Batch(whole, new BatchIdentity(Guid.NewGuid(), 1, 1), "a"))).Code);
        }

        var third = Batch(whole, new BatchIdentity(Guid.NewGuid(), 1, 1), "a");
        Assert.Equal(BrokerErrorCode.TooManyProducers, Assert.Single((await PutAsync(shard, third)).Verdicts).Code);
        fixture.Time.Advance(fixture.Limits.StateRetention + TimeSpan.FromSeconds(1));
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(shard, third)).Code);
    }

    [Fact]
    public async Task AProvisionedShardTellsHowManyRecordsFit()
    {
        var limit = new ThroughputLimit(new BrokerLimits(), fixture.Time);
        var shard = fixture.Open(whole);
        var keys = Enumerable.Range(0, 1_001).Select(i => $"k{i}").ToArray();
        var over = await shard.AppendAsync(Batch(whole, Id(1), keys), [], default, limit, CancellationToken.None);

        Assert.Equal((BrokerErrorCode.ProvisionedThroughputExceeded, 1_000), (over.Code, over.AdmittedRecords));
        Assert.Contains("shardId-000000000000", over.Message, StringComparison.Ordinal);
        Assert.Contains("Broker:Limits:ShardWriteRecordsPerSecond", over.Message, StringComparison.Ordinal);
        Assert.Equal(BrokerErrorCode.None, (await shard.AppendAsync(Batch(whole, Id(1), keys[..1_000]), [], default, limit, CancellationToken.None)).Code);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BrokerErrorCode.None, (await shard.AppendAsync(Batch(whole, Id(2), keys[..1_000]), [], default, limit, CancellationToken.None)).Code);
    }

    private static ShardKey Key(ShardDescription shard) => new(ShardFixture.Stream, shard.Id);

    private static BatchIdentity Id(ulong number) => new(Producer, 1, number);
}
