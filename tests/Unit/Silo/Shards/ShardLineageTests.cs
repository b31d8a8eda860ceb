using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Xunit;
using static Broker.Tests.Unit.Silo.Shards.ShardFixture;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>Sealing, and what children answer for their parents.</summary>
public sealed class ShardLineageTests
{
    private static readonly BatchIdentity Batch1 = new(new Guid("11111111-2222-3333-4444-555555555555"), 1, 1);
    private readonly ShardFixture fixture = new();

    [Fact]
    public async Task ASealIsRepeatableAndSealedParentsKeepAnsweringRepeats()
    {
        var parent = Describe(0, HashKeyRange.All);
        var shard = fixture.Open(parent);
        await PutAsync(shard, Batch(parent, Batch1, "a"));
        var seal = await shard.SealAsync(CancellationToken.None);
        Assert.Equal((BrokerErrorCode.None, 1), (seal.Code, seal.Position));

        var reopened = fixture.Open(parent);
        Assert.Equal(seal, await reopened.SealAsync(CancellationToken.None));
        Assert.Single((await PutAsync(reopened, Batch(parent, Batch1, "a"))).Verdicts);
        Assert.Equal(BrokerErrorCode.ShardClosed, (await PutAsync(reopened, Batch(parent, Batch1 with { BatchNumber = 2 }, "a"))).Code);
    }

    [Fact]
    public async Task AChildOfASplitRefersARepeatToTheParentThatTookIt()
    {
        var parent = Describe(0, HashKeyRange.All);
        var taken = await PutAsync(fixture.Open(parent), Batch(parent, Batch1, "a", "b", "c"));
        var closed = await CloseAsync(parent);
        var (_, upper) = HashKeyRange.All.SplitAt(new HashKey(UInt128.One << 127));
        var child = Describe(2, upper, 0);

        var repeat = await PutAsync(fixture.Open(child, closed), Batch(child, Batch1, KeysIn(upper, 1)));
        var verdict = Assert.Single(repeat.Verdicts);
        Assert.Equal((parent.Id, HashKeyRange.All, parent.CreatedSecond), (verdict.TakenBy, verdict.TakenRange, verdict.TakenByCreatedSecond));
        Assert.Equal((taken.FirstPosition, 3), (verdict.FirstPosition, verdict.RecordCount));
    }

    [Fact]
    public async Task AMergedChildAnswersForBothParentsAndTakesOnlyWhatNeitherTook()
    {
        var (lower, upper) = HashKeyRange.All.SplitAt(new HashKey(UInt128.One << 127));
        var left = Describe(0, lower);
        var right = Describe(1, upper);
        await PutAsync(fixture.Open(left), Batch(left, Batch1, KeysIn(lower, 2)));
        var child = Describe(2, HashKeyRange.All, 0, 1);
        var merged = fixture.Open(child, await CloseAsync(left), await CloseAsync(right));

        // The left part was taken by the left parent; the right part never arrived.
        var repeat = await PutAsync(merged, Batch(child, Batch1, [.. KeysIn(lower, 2), .. KeysIn(upper, 1)]));
        Assert.Equal(left.Id, Assert.Single(repeat.Verdicts).TakenBy);

        var rest = await PutAsync(merged, Batch(child, Batch1, KeysIn(upper, 1)), new HandledRepeat(Batch1, left.Id));
        Assert.Equal(BrokerErrorCode.None, rest.Code);
        Assert.Empty(rest.Verdicts);

        var again = await PutAsync(merged, Batch(child, Batch1, [.. KeysIn(lower, 2), .. KeysIn(upper, 1)]));
        Assert.Equal([left.Id, child.Id], again.Verdicts.Select(verdict => verdict.TakenBy).Order());
    }

    [Fact]
    public async Task AGrandchildStillAnswersForTheGrandparentAfterReopening()
    {
        var top = Describe(0, HashKeyRange.All);
        await PutAsync(fixture.Open(top), Batch(top, Batch1, "a"));
        var closedTop = await CloseAsync(top);
        var (lower, upper) = HashKeyRange.All.SplitAt(new HashKey(UInt128.One << 127));
        var left = Describe(1, lower, 0);
        var right = Describe(2, upper, 0);
        var closedLeft = await CloseAsync(left, closedTop);
        var closedRight = await CloseAsync(right, closedTop);
        var bottom = Describe(3, HashKeyRange.All, 1, 2);

        for (var i = 0; i < 2; i++)
        {
            var repeat = await PutAsync(fixture.Open(bottom, closedLeft, closedRight), Batch(bottom, Batch1, "a"));
            Assert.Equal(top.Id, Assert.Single(repeat.Verdicts).TakenBy);
        }
    }

    [Fact]
    public async Task StampsDoNotFallFromParentToChildWhenTheClockStepsBack()
    {
        var parent = Describe(0, HashKeyRange.All);
        await PutAsync(fixture.Open(parent), Batch(parent, Batch1, "a"));
        var closed = await CloseAsync(parent);
        fixture.Time.AdjustTime(fixture.Time.GetUtcNow() - TimeSpan.FromDays(1));
        var child = Describe(1, HashKeyRange.All, 0);
        var put = await PutAsync(fixture.Open(child, closed), Batch(child, Batch1 with { BatchNumber = 2 }, "b"));
        Assert.True(put.ArrivalUnixMilliseconds >= closed.ClosedUnixMilliseconds);
    }

    [Fact]
    public async Task ADamagedSealDoesNotCloseTheChildrensKeysForEver()
    {
        var parent = Describe(0, HashKeyRange.All);
        await PutAsync(fixture.Open(parent), Batch(parent, Batch1, "a"));
        var closed = await CloseAsync(parent);
        fixture.Log.Damaged = new ShardKey(ShardFixture.Stream, parent.Id);
        var child = Describe(1, HashKeyRange.All, 0);
        Assert.Equal(BrokerErrorCode.None, (await PutAsync(fixture.Open(child, closed), Batch(child, Batch1 with { BatchNumber = 2 }, "b"))).Code);
    }

    [Fact]
    public async Task ASnapshotOfANewerReleaseIsRefusedAndSaidPlainly()
    {
        var shard = Describe(0, HashKeyRange.All);
        await PutAsync(fixture.Open(shard), Batch(shard, Batch1, "a"));
        await CloseAsync(shard);
        var blocks = fixture.Log.BlocksOf(new ShardKey(ShardFixture.Stream, shard.Id));
        var payload = blocks[^1].Payload.ToArray();
        payload[0] = 2;
        blocks[^1] = new RecordBlock(blocks[^1].Head, [], payload);
        var answer = await PutAsync(fixture.Open(shard), Batch(shard, Batch1, "a"));
        Assert.Equal(BrokerErrorCode.Unavailable, answer.Code);
        Assert.Contains("version 2 was written by a newer release", answer.Message, StringComparison.Ordinal);
    }

    private async Task<ShardDescription> CloseAsync(ShardDescription shard, params ShardDescription[] parents)
    {
        var seal = await fixture.Open(shard, parents).SealAsync(CancellationToken.None);
        Assert.Equal(BrokerErrorCode.None, seal.Code);
        return shard with { ClosedPosition = seal.Position, ClosedUnixMilliseconds = seal.ArrivalUnixMilliseconds };
    }
}
