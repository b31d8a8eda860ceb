using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Xunit;
using static Broker.Tests.Unit.Silo.Shards.ShardFixture;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>A log that went back behind what was told is found out by whoever knows more, noted, and never continued silently.</summary>
public sealed class ShardLossTests
{
    private readonly ShardFixture fixture = new() { Log = { NotesLosses = true } };
    private readonly ShardDescription whole = Describe(0, HashKeyRange.All);
    private readonly Guid producer = Guid.NewGuid();
    private ulong number;

    private ShardKey Key => new(ShardFixture.Stream, whole.Id);

    [Fact]
    public async Task An_owner_that_opens_again_knows_what_it_committed()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, 3);
        fixture.Log.NextOutcomes.Enqueue(AppendStatus.Uncertain);
        Assert.Equal(BrokerErrorCode.Unavailable, (await PutOneAsync(shard)).Code);
        fixture.Log.GoBack(Key, blocks: 2, epoch: 1);
        await IsLostAsync(shard, found: 2);
        Assert.Equal((2, new KnownEnd(3, 1)), (fixture.Log.Losses[0].FoundPosition, fixture.Log.Losses[0].Known));
    }

    [Fact]
    public async Task An_owner_that_opens_again_under_an_epoch_that_it_had_knows_that_the_log_went_back()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, 1);
        fixture.Log.NextOutcomes.Enqueue(AppendStatus.Uncertain);
        await PutOneAsync(shard);
        fixture.Log.GoBack(Key, blocks: 1, epoch: 0);
        await IsLostAsync(shard, found: 1);
    }

    [Fact]
    public async Task An_owner_that_is_told_to_compare_notes_what_its_log_lost_and_nothing_else()
    {
        var shard = fixture.Open(whole);
        await shard.CheckAsync(CancellationToken.None);
        await PutAsync(shard, 3);
        await shard.CheckAsync(CancellationToken.None);
        Assert.Empty(fixture.Log.Losses);
        Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(shard)).Code);
        fixture.Log.GoBack(Key, blocks: 2, epoch: 1);
        await shard.CheckAsync(CancellationToken.None);
        Assert.Equal((2, new KnownEnd(4, 1)), (fixture.Log.Losses[0].FoundPosition, fixture.Log.Losses[0].Known));
        await shard.CheckAsync(CancellationToken.None);
        await IsLostAsync(shard, found: 2);
    }

    [Fact]
    public async Task A_gateway_that_saw_more_acknowledged_tells_it_by_its_next_append()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        var lost = 0L;
        shard = Open(records => lost = records);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(shard, new KnownEnd(5, 1))).Code);
        Assert.Equal(2, lost);
        await IsLostAsync(shard, found: 3);
    }

    [Fact]
    public async Task A_gateway_that_saw_more_read_tells_it_by_its_next_read()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.None, (await ReadAsync(shard, 0, new KnownEnd(5, 1))).Code);
        await IsLostAsync(shard, found: 3);
    }

    [Fact]
    public async Task A_reader_comes_with_a_position_that_it_was_given()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.DataLoss, (await ReadAsync(shard, 4)).Code);
        await IsLostAsync(shard, found: 3);
    }

    [Fact]
    public async Task An_epoch_that_was_told_and_is_not_reached_shows_it_whatever_the_position()
    {
        await PutAsync(fixture.Open(whole), 2);
        await PutAsync(fixture.Open(whole), 2);
        fixture.Log.GoBack(Key, blocks: 2, epoch: 0);
        var shard = fixture.Open(whole);
        await PutAsync(shard, 7);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(shard, new KnownEnd(4, 2))).Code);
    }

    [Fact]
    public async Task New_records_do_not_hide_that_earlier_ones_were_lost()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        await PutAsync(shard, 10);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(shard, new KnownEnd(5, 1))).Code);
    }

    [Fact]
    public async Task A_shard_that_ends_before_the_stream_closed_it_has_lost_records()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var closed = whole with { ClosedPosition = 5, ClosedUnixMilliseconds = 1 };
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(fixture.Open(closed))).Code);
        Assert.Single(fixture.Log.Losses);
    }

    [Fact]
    public async Task What_fits_is_no_loss()
    {
        var shard = fixture.Open(whole);
        await PutAsync(shard, 5);
        Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(shard, new KnownEnd(5, 1))).Code);
        var next = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(next, new KnownEnd(6, 1))).Code);
        Assert.Equal(BrokerErrorCode.None, (await ReadAsync(next, 7, new KnownEnd(7, 2))).Code);
        Assert.Empty(fixture.Log.Losses);
    }

    [Fact]
    public async Task What_the_next_owner_told_is_no_loss()
    {
        var older = fixture.Open(whole);
        await PutAsync(older, 2);
        var newer = fixture.Open(whole);
        await PutAsync(newer, 2);
        Assert.Equal(BrokerErrorCode.Unavailable, (await PutOneAsync(older, new KnownEnd(4, 2))).Code);
        Assert.True(older.IsSuperseded);
        Assert.Empty(fixture.Log.Losses);
    }

    [Fact]
    public async Task A_log_that_notes_nothing_goes_on_as_before()
    {
        fixture.Log.NotesLosses = false;
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.InvalidArgument, (await ReadAsync(shard, 4)).Code);
        Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(shard, new KnownEnd(5, 1))).Code);
    }

    [Fact]
    public async Task A_reader_that_waits_at_the_end_is_told()
    {
        await PutAsync(fixture.Open(whole), 5);
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var shard = fixture.Open(whole);
        var waiting = fixture.ReaderOf(shard, whole).ReadAsync(new ReadRequest(3, 1_000, TimeSpan.FromSeconds(9), 0, false), 0, default);
        Assert.False(waiting.IsCompleted);
        await PutOneAsync(shard, new KnownEnd(5, 1));
        Assert.Equal(BrokerErrorCode.DataLoss, (await waiting).Code);
    }

    [Fact]
    public async Task After_an_operators_word_it_goes_on_past_everything_that_was_told()
    {
        var first = fixture.Open(whole);
        await PutAsync(first, 5);
        var kept = Batch(whole, new BatchIdentity(producer, 1, 3), "k");
        var gone = Batch(whole, new BatchIdentity(producer, 1, 5), "k");
        fixture.Log.GoBack(Key, blocks: 3, epoch: 1);
        var owner = fixture.Open(whole);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(owner, new KnownEnd(5, 1))).Code);
        fixture.Log.Accept(Key);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutOneAsync(owner)).Code);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BrokerErrorCode.Unavailable, (await PutOneAsync(owner)).Code);
        Assert.True(owner.IsSuperseded);

        var shard = fixture.Open(whole);
        var repeat = await ShardFixture.PutAsync(shard, kept);
        Assert.Equal(2, Assert.Single(repeat.Verdicts).FirstPosition);
        var again = await ShardFixture.PutAsync(shard, gone);
        const long After = 5 + ShardLoss.Distance;
        Assert.Equal((BrokerErrorCode.None, After), (again.Code, again.FirstPosition));
        Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(shard, new KnownEnd(5, 1))).Code);

        // Across the gap, from before it, from within it, and from its end.
        foreach (var from in new[] { 0, 2, 3, 4, 5, After })
        {
            List<long> positions = [];
            var position = from;
            while (positions.Count == 0 || position < After + 2)
            {
                var read = await ReadAsync(shard, position);
                Assert.Equal(BrokerErrorCode.None, read.Code);
                Assert.NotEmpty(read.Blocks);
                position = Math.Max(position, read.FromPosition);
                foreach (var block in read.Blocks.Where(block => block.Head.EndPosition > position))
                {
                    Assert.Equal(position, block.Head.FirstPosition);
                    positions.Add(position);
                    position = block.Head.EndPosition;
                }
            }

            long[] all = [0, 1, 2, After, After + 1];
            Assert.Equal(all.Where(there => there >= from), positions);
        }
    }

    /// <summary>Nobody appends, whoever opens it, and what is there can be read.</summary>
    private async Task IsLostAsync(Shard shard, int found)
    {
        foreach (var owner in new[] { shard, fixture.Open(whole), fixture.Open(whole) })
        {
            var put = await PutOneAsync(owner);
            Assert.Equal(BrokerErrorCode.DataLoss, put.Code);
            Assert.Contains("shardId-000000000000", put.Message, StringComparison.Ordinal);
            Assert.Contains("broker recover", put.Message, StringComparison.Ordinal);
            Assert.Equal(BrokerErrorCode.DataLoss, (await owner.SealAsync(default)).Code);
            Assert.Equal(BrokerErrorCode.DataLoss, (await ReadAsync(owner, found)).Code);
            Assert.Equal(BrokerErrorCode.DataLoss, (await ReadAsync(owner, found + 100)).Code);
            Assert.Equal(found, (await ReadAsync(owner, 0)).Blocks.Length);
            var reader = fixture.ReaderOf(owner, whole);
            Assert.Equal(BrokerErrorCode.DataLoss, (await reader.FindAsync(long.MaxValue, default)).Code);
            Assert.Equal((BrokerErrorCode.None, 0), (await reader.FindAsync(0, default)) is var at ? (at.Code, at.Position) : default);
        }

        Assert.Single(fixture.Log.Losses);
        Assert.Equal(found, fixture.Log.BlocksOf(Key).Count);
    }

    private Shard Open(Action<long> onLoss) => new(
        Key, whole, [], fixture.Log, fixture.Limits, fixture.Time, fixture.Cache, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)
    {
        OnLoss = onLoss,
    };

    private async Task PutAsync(Shard shard, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(BrokerErrorCode.None, (await PutOneAsync(shard)).Code);
        }
    }

    private async Task<AppendResult> PutOneAsync(Shard shard, KnownEnd known = default) =>
        await shard.AppendAsync(Batch(whole, new BatchIdentity(producer, 1, ++number), "k"), [], known, null, default);

    private async Task<ReadResult> ReadAsync(Shard shard, long from, KnownEnd known = default) =>
        await fixture.ReaderOf(shard, whole).ReadAsync(new ReadRequest(from, 1_000_000, TimeSpan.Zero, 0, false, Known: known), 0, default);
}
