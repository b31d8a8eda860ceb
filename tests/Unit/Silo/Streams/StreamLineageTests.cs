using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;
using Broker.Tests.Unit.Contracts.Streams;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class StreamLineageTests
{
    private const long Start = 1_790_000_000;

    [Fact]
    public void RandomChangesKeepTheSpaceCoveredAndChildrenAboveTheirParents()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var clock = Start;
            var lineage = StreamLineage.Create(random.Next(1, 6), clock);
            for (var i = 0; i < 40; i++)
            {
                // The clock stands, runs, and steps back.
                clock += random.Next(3) switch { 0 => 0, 1 => random.Next(100), _ => -random.Next(1_000) };
                lineage = Change(random, lineage, clock);
                Check(lineage);
            }
        }
    }

    [Fact]
    public void UniformScalingReachesAwsBoundariesFromAnywhereEvenWhenCutOffAtEachStep()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var lineage = StreamLineage.Create(random.Next(1, 9), Start);
            for (var i = 0; i < 6; i++)
            {
                lineage = Change(random, lineage, Start);
            }

            var target = random.Next(1, 40);
            var rounds = 0;
            while (ReshardPlanner.Uniform(lineage, target, 64) is { IsEmpty: false } steps)
            {
                // Any part of a round may be what was done before the process died.
                foreach (var step in steps.Where(_ => random.Next(3) > 0))
                {
                    lineage = Do(lineage, step, Start);
                    Check(lineage);
                }

                Assert.True(++rounds < 200, $"Seed {seed} does not end.");
            }

            Assert.Equal(HashKeyRange.Uniform(target), lineage.Open.Select(shard => shard.Range));
        }
    }

    [Fact]
    public void ScalingATenThousandfoldTakesRoundsByTheLogarithm()
    {
        var lineage = StreamLineage.Create(1, Start);
        var rounds = 0;
        while (ReshardPlanner.Uniform(lineage, 1_024, int.MaxValue) is { IsEmpty: false } steps)
        {
            rounds++;
            lineage = steps.Aggregate(lineage, (now, step) => Do(now, step, Start));
        }

        Assert.Equal(10, rounds);
        Assert.Equal(1_024, lineage.Open.Length);
    }

    [Fact]
    public void AStepThatIsDoneIsNotPlannedAgain()
    {
        var lineage = StreamLineage.Create(2, Start);
        var split = Assert.Single(ReshardPlanner.Split(lineage, new ShardId(0), new HashKey(77)));
        lineage = Do(lineage, split, Start);
        Assert.Empty(ReshardPlanner.Split(lineage, new ShardId(0), new HashKey(77)));
        var merge = Assert.Single(ReshardPlanner.Merge(lineage, new ShardId(2), new ShardId(3)));
        lineage = Do(lineage, merge, Start);
        Assert.Empty(ReshardPlanner.Merge(lineage, new ShardId(2), new ShardId(3)));
    }

    [Fact]
    public void ClosedShardsExpireWithTheirLastRecordAndOpenOnesNever()
    {
        var lineage = StreamLineage.Create(1, Start);
        lineage = lineage.Split(new ShardId(0), new HashKey(5), new SealedEnd(3, 1_000), Start).Lineage;
        Assert.Empty(lineage.Expired(1_000));
        Assert.Equal(new ShardId(0), Assert.Single(lineage.Expired(1_001)));
        lineage = lineage.Without(lineage.Expired(long.MaxValue));
        Assert.Equal(2, lineage.Open.Length);
        Assert.Equal(3, lineage.NextIndex);
    }

    private static StreamLineage Change(Random random, StreamLineage lineage, long clock)
    {
        var at = random.Next(lineage.Open.Length);
        var shard = lineage.Open[at];
        if (random.Next(2) == 0 && at + 1 < lineage.Open.Length)
        {
            var (first, second) = random.Next(2) == 0 ? (shard, lineage.Open[at + 1]) : (lineage.Open[at + 1], shard);
            return Do(lineage, ReshardStep.Merge(first.Id, second.Id), clock);
        }

        return shard.Range.Start == shard.Range.End ? lineage : Do(lineage, ReshardStep.Split(shard.Id, RandomKeys.Inside(random, shard.Range)), clock);
    }

    private static StreamLineage Do(StreamLineage lineage, ReshardStep step, long clock)
    {
        var end = new SealedEnd(1_000, (clock + 1) * 1_000);
        return (step.Adjacent is { } adjacent
            ? lineage.Merge(step.Shard, end, adjacent, end, clock)
            : lineage.Split(step.Shard, step.NewStart, end, clock)).Lineage;
    }

    private static void Check(StreamLineage lineage)
    {
        Assert.Equal(HashKey.Min, lineage.Open[0].Range.Start);
        Assert.Equal(HashKey.Max, lineage.Open[^1].Range.End);
        foreach (var (left, right) in lineage.Open.Zip(lineage.Open.Skip(1)))
        {
            Assert.Equal(left.Range.End.Value + 1, right.Range.Start.Value);
        }

        foreach (var shard in lineage.Shards)
        {
            foreach (var parent in shard.Parents.Select(id => lineage.Find(id)!))
            {
                Assert.False(parent.IsOpen);
                Assert.True(parent.Id < shard.Id);
                Assert.True(parent.EndingSequenceNumber < shard.StartingSequenceNumber);
            }
        }
    }
}
