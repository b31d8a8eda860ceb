using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Silo.Leases;
using Xunit;
using static Broker.Tests.Unit.Silo.Leases.LeaseHarness;

namespace Broker.Tests.Unit.Silo.Leases;

/// <summary>Who is given what: by throughput, a few at a time, without to and fro.</summary>
public sealed class LeaseBalanceTests
{
    private readonly LeaseHarness harness = new();

    [Fact]
    public void Idle_shards_are_shared_by_their_number()
    {
        var a = harness.Join("a");
        harness.Sync([.. Enumerable.Range(0, 9).Select(i => Shard(i))]);
        var b = harness.Join("b");
        var c = harness.Join("c");
        harness.Live(TimeSpan.FromSeconds(5), ("a", a), ("b", b), ("c", c));
        Assert.Equal([3, 3, 3], new[] { harness.CountOf("a"), harness.CountOf("b"), harness.CountOf("c") });
    }

    [Fact]
    public void A_new_worker_has_a_lease_within_two_seconds_where_the_old_one_hands_over()
    {
        var a = harness.Join("a");
        harness.Sync(Shard(0), Shard(1));
        var b = harness.Join("b");
        harness.Live(TimeSpan.FromSeconds(1.5), ("a", a), ("b", b));
        Assert.Equal(1, harness.CountOf("b"));
    }

    [Fact]
    public void Hot_shards_are_shared_by_what_is_pushed_of_them()
    {
        var a = harness.Join("a");
        harness.Sync([.. Enumerable.Range(0, 6).Select(i => Shard(i))]);
        harness.Report("a", a, null, new LeaseRate(Key(0), 5_000_000), new LeaseRate(Key(1), 5_000_000));
        var b = harness.Join("b");
        harness.Live(TimeSpan.FromSeconds(5), ("a", a), ("b", b));
        Assert.NotEqual(harness.Owners(0), harness.Owners(1));
    }

    [Fact]
    public void What_is_balanced_is_left_alone_though_rates_waver()
    {
        var a = harness.Join("a");
        var b = harness.Join("b");
        harness.Sync([.. Enumerable.Range(0, 10).Select(i => Shard(i))]);
        var before = harness.Owners([.. Enumerable.Range(0, 10)]);
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            foreach (var (worker, session) in new[] { ("a", a), ("b", b) })
            {
                harness.Time.Advance(TimeSpan.FromMilliseconds(250));
                var rates = Enumerable.Range(0, 10).Select(shard => new LeaseRate(Key(shard), 1_000_000 + random.Next(100_000))).ToArray();
                Assert.DoesNotContain(harness.Report(worker, session, null, rates).Leases, lease => lease.HandOverWithin is not null);
            }
        }

        Assert.Equal(before, harness.Owners([.. Enumerable.Range(0, 10)]));
    }

    [Fact]
    public void A_lease_that_was_just_moved_stays()
    {
        var cooled = new LeaseHarness(new LeaseOptions { MoveCooldown = TimeSpan.FromSeconds(30) });
        var a = cooled.Join("a");
        cooled.Sync([.. Enumerable.Range(0, 8).Select(i => Shard(i))]);
        var b = cooled.Join("b");
        cooled.Live(TimeSpan.FromSeconds(5), ("a", a), ("b", b));
        Assert.Equal(4, cooled.CountOf("b"));
        var hot = Enumerable.Range(0, 8).Where(i => cooled.Owners(i)[0] == "b").Select(i => new LeaseRate(Key(i), 9_000_000)).ToArray();
        cooled.Report("b", b, null, hot);
        cooled.Live(TimeSpan.FromSeconds(20), ("a", a), ("b", b));
        Assert.Equal(4, hot.Count(rate => cooled.Table.Leases[rate.Shard].Row.Owner == "b"));
        cooled.Live(TimeSpan.FromSeconds(15), ("a", a), ("b", b));
        Assert.Equal(2, hot.Count(rate => cooled.Table.Leases[rate.Shard].Row.Owner == "b"));
    }

    [Fact]
    public void A_lease_that_is_not_handed_over_is_taken_in_the_end()
    {
        var a = harness.Join("a");
        harness.Sync(Shard(0), Shard(1));
        var b = harness.Join("b");
        var asked = Assert.Single(harness.Report("a", a).Leases, lease => lease.HandOverWithin is not null);
        var hold = new LeaseHold(asked.Shard, "a", a, asked.Counter);
        for (var passed = TimeSpan.Zero; passed < harness.Options.HandOverTime; passed += TimeSpan.FromSeconds(1))
        {
            // What it processes until then may be checkpointed.
            Assert.Equal(
                BrokerErrorCode.None,
                harness.Turn(table => table.Checkpoint(hold, At(asked.Shard.Shard.Index, (long)passed.TotalSeconds))).Code);
            harness.Time.Advance(TimeSpan.FromSeconds(1));
            harness.Report("a", a);
            harness.Report("b", b);
        }

        Assert.Equal("b", harness.Table.Leases[asked.Shard].Row.Owner);
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Checkpoint(hold, At(asked.Shard.Shard.Index, 99))).Code);
    }

    [Fact]
    public void A_hand_over_to_a_worker_that_dies_is_off()
    {
        var a = harness.Join("a");
        harness.Sync(Shard(0), Shard(1));
        var b = harness.Join("b");
        Assert.Single(harness.Report("a", a).Leases, lease => lease.HandOverWithin is not null);
        harness.Turn(table => table.Leave("b", b));
        Assert.DoesNotContain(harness.Report("a", a).Leases, lease => lease.HandOverWithin is not null);
        Assert.Equal(2, harness.CountOf("a"));
    }

    [Fact]
    public void Capacity_and_the_most_leases_are_kept_to()
    {
        var a = harness.Join("a", capacity: 3);
        var b = harness.Join("b");
        var c = harness.Join("c", maxLeases: 1);
        harness.Sync([.. Enumerable.Range(0, 13).Select(i => Shard(i))]);
        harness.Live(TimeSpan.FromSeconds(5), ("a", a), ("b", b), ("c", c));
        Assert.Equal([9, 3, 1], new[] { harness.CountOf("a"), harness.CountOf("b"), harness.CountOf("c") });
    }

    [Fact]
    public void A_worker_without_a_rest_is_given_nothing_while_others_can_take_it()
    {
        var a = harness.Join("a");
        harness.Join("b");
        harness.Report("a", a, cpu: 99);
        harness.Sync(Shard(0), Shard(1));
        Assert.Equal(2, harness.CountOf("b"));
    }

    [Fact]
    public void A_worker_is_given_shards_of_its_own_streams_alone()
    {
        harness.Join("a", streams: "others");
        harness.Sync(Shard(0));
        Assert.DoesNotContain(Key(0), harness.Table.Leases.Keys);
        harness.Join("b");
        harness.Sync(Shard(0), Shard(1));
        Assert.Equal(["b", "b"], harness.Owners(0, 1));
    }

    [Fact]
    public void Many_leases_find_their_workers_soon_and_moves_are_few_at_a_time()
    {
        var a = harness.Join("a");
        harness.Sync([.. Enumerable.Range(0, 1_000).Select(i => Shard(i))]);
        harness.Live(TimeSpan.FromSeconds(15), ("a", a));
        Assert.Equal(1_000, harness.CountOf("a"));
        harness.Join("b");
        var asked = harness.Report("a", a).Leases.Count(lease => lease.HandOverWithin is not null);
        Assert.InRange(asked, 1, 100);
    }
}
