using Broker.Contracts.Leases;
using Broker.Contracts.Streams;
using Xunit;
using static Broker.Tests.Unit.Silo.Leases.LeaseHarness;

namespace Broker.Tests.Unit.Silo.Leases;

/// <summary>Which shards have leases: children after all their parents, from the oldest record, from now, or from a time.</summary>
public sealed class LeaseSyncTests
{
    private readonly LeaseHarness harness = new();

    /// <summary>0 was split into 1 and 2; 2 and 3 were merged into 4.</summary>
    private static readonly ShardDescription[] Lineage =
        [Shard(0, closed: true), Shard(1, false, 0), Shard(2, closed: true, 0), Shard(3, closed: true), Shard(4, false, 2, 3)];

    [Fact]
    public void From_the_oldest_record_children_wait_for_all_their_parents()
    {
        var session = harness.Join("a");
        harness.Sync(Lineage);
        Assert.Equal([0, 3], harness.Leased());
        Finish(3, session);
        Assert.Equal([0, 3], harness.Leased());
        Finish(0, session);
        Assert.Equal([1, 2, 3], harness.Leased());
        Finish(2, session);
        Assert.Equal([1, 4], harness.Leased());
        harness.Sync(Lineage);
        Assert.Equal([1, 4], harness.Leased());
        Assert.Equal([0], harness.Table.Leases[Key(1)].Row.Parents!);
    }

    [Fact]
    public void A_parent_that_is_read_but_not_checkpointed_holds_its_children_back()
    {
        var session = harness.Join("a");
        harness.Sync(Shard(0, closed: true), Shard(1, false, 0));
        harness.Turn(table => table.Checkpoint(harness.Hold(0, "a", session), At(0, 9)));
        harness.Sync(Shard(0, closed: true), Shard(1, false, 0));
        Assert.Equal([0], harness.Leased());
    }

    [Fact]
    public void From_now_on_only_open_shards_are_read_and_their_children_whole()
    {
        var session = harness.Join("a", LeaseCheckpoint.Latest);
        harness.Sync(Lineage);
        Assert.Equal([1, 4], harness.Leased());
        Assert.Equal(LeaseCheckpoint.Latest, harness.Table.Leases[Key(4)].Checkpoint);
        ShardDescription[] split = [.. Lineage[..4], Shard(4, closed: true, 2, 3), Shard(5, false, 4), Shard(6, false, 4)];
        harness.Sync(split);
        Assert.Equal([1, 4], harness.Leased());
        harness.Turn(table => table.Checkpoint(harness.Hold(4, "a", session), LeaseCheckpoint.ShardEnd));
        harness.Sync(split);
        Assert.Equal([1, 5, 6], harness.Leased());
        Assert.Equal(LeaseCheckpoint.TrimHorizon, harness.Table.Leases[Key(5)].Checkpoint);
    }

    [Fact]
    public void From_a_time_children_begin_at_it_too()
    {
        var session = harness.Join("a", LeaseCheckpoint.AtTimestamp(123));
        harness.Sync(Lineage);
        Assert.Equal([0, 3], harness.Leased());
        Finish(0, session);
        Assert.Equal(LeaseCheckpoint.AtTimestamp(123), harness.Table.Leases[Key(1)].Checkpoint);
    }

    [Fact]
    public void Shards_whose_records_expired_are_finished()
    {
        harness.Join("a");
        harness.Sync(Shard(0, closed: true), Shard(1, false, 0));
        harness.Sync(Shard(1, false, 0));
        Assert.Equal([1], harness.Leased());
    }

    [Fact]
    public void After_a_long_time_away_whole_generations_may_be_gone()
    {
        harness.Join("a");
        harness.Sync(Shard(0, closed: true), Shard(1, false, 0));
        harness.Sync(Shard(5, closed: true, 3, 4), Shard(6, false, 5));
        Assert.Equal([5], harness.Leased());
    }

    [Fact]
    public void A_stream_that_is_made_anew_is_read_from_its_beginning()
    {
        harness.Join("a", LeaseCheckpoint.Latest);
        harness.Sync(Shard(0));
        harness.Turn(table => table.Sync(Orders, null));
        Assert.Empty(harness.Leased());
        var fresh = new StreamGeneration(9);
        harness.Turn(table => table.Sync(Orders, Map(fresh, Shard(0), Shard(1))));
        Assert.Equal(2, harness.CountOf("a"));
        Assert.All(harness.Table.Leases, lease => Assert.Equal((fresh, LeaseCheckpoint.TrimHorizon), (lease.Key.Stream, lease.Value.Checkpoint)));
    }

    [Fact]
    public void What_has_not_changed_is_not_written()
    {
        harness.Join("a");
        harness.Sync(Lineage);
        var writes = harness.Writes;
        harness.Sync(Lineage);
        Assert.Equal(writes, harness.Writes);
    }

    /// <summary>Random lineages, finished in random order: every shard is leased once, after all its parents, and the last are the open ones.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_shard_has_its_turn_once(int seed)
    {
        var random = new Random(seed);
        var shards = new List<ShardDescription> { Shard(0), Shard(1), Shard(2) };
        var session = harness.Join("a");
        var begun = new HashSet<int>();
        var finished = new HashSet<int>();
        for (var round = 0; round < 200; round++)
        {
            if (round < 60)
            {
                Reshard(shards, random);
            }

            harness.Sync([.. shards]);
            foreach (var shard in harness.Table.Leases.Values.Where(lease => !lease.HasEnded).Select(lease => lease.Shard.Shard.Index).ToList())
            {
                if (begun.Add(shard))
                {
                    Assert.All(shards[shard].Parents, parent => Assert.Contains(parent.Index, finished));
                }
                else
                {
                    Assert.DoesNotContain(shard, finished);
                }

                if (!shards[shard].IsOpen && random.Next(3) == 0)
                {
                    finished.Add(shard);
                    harness.Turn(table => table.Checkpoint(harness.Hold(shard, "a", session), LeaseCheckpoint.ShardEnd));
                }
            }
        }

        Assert.Equal(shards.Select(shard => shard.Id.Index), begun.Order());
        Assert.Equal(shards.Where(shard => shard.IsOpen).Select(shard => shard.Id.Index), harness.Leased());
    }

    private static void Reshard(List<ShardDescription> shards, Random random)
    {
        var open = shards.Where(shard => shard.IsOpen).ToList();
        var first = open[random.Next(open.Count)];
        var second = random.Next(2) == 0 ? open.Find(shard => shard != first) : null;
        foreach (var parent in new[] { first, second }.OfType<ShardDescription>())
        {
            shards[parent.Id.Index] = parent with { ClosedPosition = 1, ClosedUnixMilliseconds = 1_700_000_100_000 };
        }

        shards.Add(second is null ? Shard(shards.Count, false, first.Id.Index) : Shard(shards.Count, false, first.Id.Index, second.Id.Index));
        if (second is null)
        {
            shards.Add(Shard(shards.Count, false, first.Id.Index));
        }
    }

    private void Finish(int shard, Guid session)
    {
        harness.Turn(table => table.Checkpoint(harness.Hold(shard, "a", session), LeaseCheckpoint.ShardEnd));
        harness.Sync(Lineage);
    }
}
