using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Xunit;
using static Broker.Tests.Unit.Silo.Shards.ShardFixture;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class ShardReadTests
{
    private readonly ShardDescription whole = Describe(0, HashKeyRange.All);
    private ulong number;

    [Fact]
    public async Task TheTailIsReadFromMemoryAndTheRestFromTheLog()
    {
        var fixture = new ShardFixture { Cache = new TailCache(600) };
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        for (var i = 0; i < 10; i++)
        {
            await PutAsync(shard, Next($"k{i}"));
        }

        Assert.Equal(9, (await reader.ReadAsync(From(9), 0, default)).Blocks[0].Head.FirstPosition);
        Assert.Equal(0, fixture.Log.Reads);
        Assert.True(fixture.Cache.Bytes <= 600);

        var position = 0L;
        while (position < 10)
        {
            var page = await reader.ReadAsync(From(position), 0, default);
            Assert.Equal(position, page.Blocks[0].Head.FirstPosition);
            position = page.Blocks[^1].Head.EndPosition;
        }

        Assert.NotEqual(0, fixture.Log.Reads);
    }

    [Theory]
    [InlineData(64 * 1024 * 1024)]
    [InlineData(600)]
    public async Task AReadIsBoundedByWhatItsBlocksAreOnceTheyAreOpened(long cacheBytes)
    {
        var fixture = new ShardFixture { Cache = new TailCache(cacheBytes) };
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        for (var i = 0; i < 100; i++)
        {
            var block = Next($"k{i}")[0];
            await PutAsync(shard, [new RecordBlock(block.Head with { Codec = BlockCodec.Lz4, PlainLength = 20_000 }, block.Identities, block.Payload)]);
        }

        // From memory, and from the log, whose own bound is of bytes as stored.
        var reads = 0;
        for (var position = 0L; position < 90; reads++)
        {
            var page = await reader.ReadAsync(From(position) with { MaxBytes = 100_000 }, 0, default);
            Assert.Equal(position, page.Blocks[0].Head.FirstPosition);
            Assert.Equal(5, page.Blocks.Length);
            position = page.Blocks[^1].Head.EndPosition;
        }

        Assert.Equal(18, reads);
        Assert.Equal(cacheBytes == 600, fixture.Log.Reads > 0);
        Assert.Equal(1, Assert.Single((await reader.ReadAsync(From(1) with { MaxBytes = 1 }, 0, default)).Blocks).Head.FirstPosition);
    }

    [Fact]
    public async Task APlaceThatOnlyTheNextOwnerKnowsIsNotCalledWrong()
    {
        var fixture = new ShardFixture();
        var older = fixture.Open(whole);
        var reader = fixture.ReaderOf(older, whole);
        await PutAsync(older, Next("a"));
        Assert.Equal(BrokerErrorCode.None, (await reader.ReadAsync(From(0), 0, default)).Code);
        await PutAsync(fixture.Open(whole), Next("b"));

        Assert.Equal(BrokerErrorCode.Unavailable, (await reader.ReadAsync(From(2), 0, default)).Code);
        Assert.True(older.IsSuperseded);
    }

    [Fact]
    public async Task ASupersededOwnerDoesNotTakeTheShardBack()
    {
        var fixture = new ShardFixture();
        var older = fixture.Open(whole);
        await PutAsync(older, Next("a"));
        var newer = fixture.Open(whole);
        await PutAsync(newer, Next("b"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(BrokerErrorCode.Unavailable, (await PutAsync(older, Next("c"))).Code);
        }

        Assert.Equal(2, (await PutAsync(newer, Next("d"))).FirstPosition);
    }

    [Fact]
    public async Task AReaderAtTheTailIsWokenByTheNextCommitAndSeesNothingBefore()
    {
        var fixture = new ShardFixture();
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        await PutAsync(shard, Next("a"));
        var waiting = reader.ReadAsync(From(1) with { Wait = TimeSpan.FromSeconds(4) }, 0, default).AsTask();
        fixture.Log.Hold = true;
        var put = PutAsync(shard, Next("b"));
        Assert.False(waiting.IsCompleted);
        fixture.Log.ReleaseOne();
        await put;
        Assert.Equal(1, Assert.Single((await waiting).Blocks).Head.FirstPosition);
    }

    [Fact]
    public async Task AWaitEndsWithNothingAfterItsTime()
    {
        var fixture = new ShardFixture();
        var reader = fixture.ReaderOf(fixture.Open(whole), whole);
        var waiting = reader.ReadAsync(From(0) with { Wait = TimeSpan.FromSeconds(4) }, 0, default).AsTask();
        Assert.False(waiting.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty((await waiting).Blocks);
    }

    [Fact]
    public async Task AWaitEndsAtOnceWhenTheShardIsGone()
    {
        var fixture = new ShardFixture();
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        var waiting = reader.ReadAsync(From(0) with { Wait = TimeSpan.FromSeconds(4) }, 0, default).AsTask();
        Assert.False(waiting.IsCompleted);
        shard.LetGo();
        Assert.Equal(BrokerErrorCode.ResourceNotFound, (await waiting).Code);
    }

    [Fact]
    public async Task RecordsBeforeTheHorizonAreNotServedAndTheHorizonIsExact()
    {
        var fixture = new ShardFixture();
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        var stamps = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            stamps.Add((await PutAsync(shard, Next($"k{i}"))).ArrivalUnixMilliseconds);
            fixture.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(2, (await reader.ReadAsync(From(0), stamps[2], default)).FromPosition);
        Assert.Equal(3, (await reader.ReadAsync(From(0), stamps[2] + 1, default)).FromPosition);
        var all = await reader.ReadAsync(From(0), stamps[4] + 1, default);
        Assert.Empty(all.Blocks);
        Assert.Equal(5, all.FromPosition);
    }

    [Fact]
    public async Task ASealedShardEndsAndAReaderOfASupersededOwnerIsSentAway()
    {
        var fixture = new ShardFixture();
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        await PutAsync(shard, Next("a"));
        var waiting = reader.ReadAsync(From(1) with { Wait = TimeSpan.FromSeconds(4) }, 0, default).AsTask();
        await shard.SealAsync(default);
        var end = await waiting;
        Assert.True(end.IsSealed);
        Assert.Equal(1, end.TailPosition);

        await fixture.Open(whole).OpenAsync(default);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BrokerErrorCode.Unavailable, (await reader.ReadAsync(From(0), 0, default)).Code);
        Assert.True(shard.IsSuperseded);
    }

    [Fact]
    public async Task APositionBeyondTheEndIsRefused()
    {
        var fixture = new ShardFixture();
        var result = await fixture.ReaderOf(fixture.Open(whole), whole).ReadAsync(From(1), 0, default);
        Assert.Equal(BrokerErrorCode.InvalidArgument, result.Code);
    }

    [Fact]
    public async Task AnUnknownOutcomeShowsReadersOnlyWhatReallyLanded()
    {
        var fixture = new ShardFixture();
        var shard = fixture.Open(whole);
        var reader = fixture.ReaderOf(shard, whole);
        await PutAsync(shard, Next("a"));
        fixture.Log.NextOutcomes.Enqueue(AppendStatus.Uncertain);
        fixture.Log.UncertainLands = true;
        await PutAsync(shard, Next("b"));

        var read = await reader.ReadAsync(From(0), 0, default);
        Assert.Equal(2, read.TailPosition);
        Assert.Equal([0L, 1L], read.Blocks.Select(block => block.Head.FirstPosition));
    }

    [Fact]
    public void ASecondSubscriptionIsRefusedForFiveSecondsAndThenTakesOver()
    {
        var fixture = new ShardFixture();
        var table = new SubscriptionTable(new BrokerLimits(), fixture.Time);
        Guid first = Guid.NewGuid(), second = Guid.NewGuid();
        Assert.Equal(BrokerErrorCode.None, table.Subscribe("c", first));
        Assert.Equal(BrokerErrorCode.ResourceInUse, table.Subscribe("c", second));
        Assert.Equal(BrokerErrorCode.None, table.Subscribe("other", second));
        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(BrokerErrorCode.None, table.Subscribe("c", second));
        Assert.False(table.IsPresent("c", first));
        Assert.True(table.IsPresent("c", second));
        table.Unsubscribe("c", second);
        Assert.Equal(BrokerErrorCode.None, table.Subscribe("c", first));
    }

    private System.Collections.Immutable.ImmutableArray<RecordBlock> Next(string key) =>
        Batch(whole, new BatchIdentity(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 1, ++number), key);

    private static ReadRequest From(long position) => new(position, 1_000, TimeSpan.Zero, 0, false);
}
