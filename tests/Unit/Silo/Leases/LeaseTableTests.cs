using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Xunit;

namespace Broker.Tests.Unit.Silo.Leases;

/// <summary>Who holds a lease, and that nobody else can change anything of it.</summary>
public sealed class LeaseTableTests
{
    private readonly LeaseHarness harness = new();

    [Fact]
    public void A_worker_gets_the_leases_and_its_checkpoints_are_kept()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        Assert.Equal(["a", "a"], harness.Owners(0, 1));
        Assert.Equal(BrokerErrorCode.None, Checkpoint(0, "a", session, 5).Code);
        harness.Reload();
        Assert.Equal(LeaseHarness.At(0, 5), harness.Table.Leases[LeaseHarness.Key(0)].Checkpoint);
        Assert.Equal(LeaseCheckpoint.TrimHorizon, harness.Table.Leases[LeaseHarness.Key(1)].Checkpoint);
    }

    [Fact]
    public void A_zombies_checkpoint_is_refused_after_its_lease_went_to_another()
    {
        var zombie = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var hold = harness.Hold(0, "a", zombie);
        var other = harness.Join("b");
        harness.Live(harness.Table.FailoverTime, ("b", other));
        Assert.Equal(["b"], harness.Owners(0));
        var writes = harness.Writes;
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Checkpoint(hold, LeaseHarness.At(0, 9))).Code);
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.PrepareCheckpoint(hold, LeaseHarness.At(0, 9))).Code);
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Release(hold)).Code);
        Assert.Equal(writes, harness.Writes);
        Assert.Equal(LeaseCheckpoint.TrimHorizon, harness.Table.Leases[LeaseHarness.Key(0)].Checkpoint);
        Assert.Equal(BrokerErrorCode.Unavailable, harness.Report("a", zombie).Code);
    }

    [Fact]
    public void A_zombie_that_gets_its_lease_back_cannot_use_what_it_held_before()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var hold = harness.Hold(0, "a", session);
        harness.Turn(table => table.Release(hold));
        Assert.Equal(["a"], harness.Owners(0));
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Checkpoint(hold, LeaseHarness.At(0, 1))).Code);
    }

    [Fact]
    public void A_second_call_of_a_worker_takes_its_leases_from_the_first()
    {
        var old = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var hold = harness.Hold(0, "a", old);
        var fresh = harness.Join("a");
        Assert.Equal(BrokerErrorCode.ResourceInUse, harness.Report("a", old).Code);
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Checkpoint(hold, LeaseHarness.At(0, 1))).Code);
        Assert.Equal(BrokerErrorCode.None, Checkpoint(0, "a", fresh, 1).Code);

        // What the old one says when it ends is of no matter to the new one.
        harness.Turn(table => table.Leave("a", old));
        Assert.Equal(["a"], harness.Owners(0));
    }

    [Fact]
    public void A_worker_whose_call_broke_has_half_of_the_failover_time()
    {
        var broken = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var other = harness.Join("b");
        harness.Turn(table => table.Disconnected("a", Guid.NewGuid())); // Another call's end says nothing of this one.
        harness.Turn(table => table.Disconnected("a", broken));
        harness.Time.Advance(TimeSpan.FromSeconds(4.9));
        harness.Report("b", other);
        Assert.Equal(["a"], harness.Owners(0));
        harness.Time.Advance(TimeSpan.FromSeconds(0.2));
        harness.Report("b", other);
        Assert.Equal(["b"], harness.Owners(0));
    }

    [Fact]
    public void A_worker_that_joins_again_in_time_keeps_its_leases()
    {
        var old = harness.Join("a");
        var other = harness.Join("b");
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        var before = harness.Owners(0, 1);
        harness.Live(harness.Table.FailoverTime - TimeSpan.FromSeconds(1), ("b", other));
        var again = harness.Join("a");
        harness.Live(harness.Table.FailoverTime * 2, ("a", again), ("b", other));
        Assert.Equal(before, harness.Owners(0, 1));
        Assert.NotEqual(old, again);
    }

    [Fact]
    public void A_dead_workers_leases_are_taken_when_its_time_is_over_and_not_before()
    {
        harness.Join("a");
        var other = harness.Join("b");
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        Assert.Equal(1, harness.CountOf("a"));
        harness.Live(harness.Table.FailoverTime - TimeSpan.FromSeconds(1), ("b", other));
        Assert.Equal(1, harness.CountOf("a"));
        harness.Live(TimeSpan.FromSeconds(1), ("b", other));
        Assert.Equal(2, harness.CountOf("b"));
    }

    [Fact]
    public void Time_that_a_worker_was_silent_at_its_gateway_counts()
    {
        var silent = harness.Join("a");
        var other = harness.Join("b");
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        for (var passed = TimeSpan.Zero; passed < harness.Table.FailoverTime; passed += TimeSpan.FromSeconds(1))
        {
            harness.Time.Advance(TimeSpan.FromSeconds(1));
            var silence = passed + TimeSpan.FromSeconds(1);
            harness.Turn(table => table.Report(new WorkerReport("a", silent, silence, -1, null, [])));
            harness.Report("b", other);
        }

        Assert.Equal(2, harness.CountOf("b"));
    }

    [Fact]
    public void A_worker_that_leaves_gives_its_leases_away_at_once()
    {
        var session = harness.Join("a");
        harness.Join("b");
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        harness.Turn(table => table.Leave("a", session));
        Assert.Equal(2, harness.CountOf("b"));
    }

    [Fact]
    public void After_a_restart_owners_have_their_time_anew_and_come_back_under_their_calls()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var hold = harness.Hold(0, "a", session);
        var next = new LeaseHarness(sharing: harness);
        Assert.Equal(BrokerErrorCode.Unavailable, next.Report("a", session).Code);
        next.Join("a", session: session);
        Assert.Equal(BrokerErrorCode.None, next.Turn(table => table.Checkpoint(hold, LeaseHarness.At(0, 3))).Code);
    }

    [Fact]
    public void After_a_restart_the_leases_of_owners_that_stay_away_are_taken()
    {
        harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var next = new LeaseHarness(sharing: harness);
        var other = next.Join("b");
        next.Live(next.Table.FailoverTime - TimeSpan.FromSeconds(1), ("b", other));
        Assert.Equal(["a"], next.Owners(0));
        next.Live(TimeSpan.FromSeconds(1), ("b", other));
        Assert.Equal(["b"], next.Owners(0));
    }

    [Fact]
    public void Of_two_activations_only_one_can_write_a_lease()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var hold = harness.Hold(0, "a", session);
        var other = new LeaseHarness(sharing: harness);
        var b = other.Join("b");
        other.Live(other.Table.FailoverTime, ("b", b));
        Assert.Equal(["b"], other.Owners(0));

        // The first activation still believes that a has it.
        Assert.Equal(["a"], harness.Owners(0));
        harness.TurnWithoutWrite(table => Assert.Equal(BrokerErrorCode.None, table.Checkpoint(hold, LeaseHarness.At(0, 4)).Code));
        Assert.Throws<InvalidOperationException>(harness.Commit);
        Assert.Equal("b", harness.Rows[LeaseHarness.Key(0)].Row.Owner);
        Assert.Equal(LeaseCheckpoint.TrimHorizon, harness.Rows[LeaseHarness.Key(0)].Row.Checkpoint.ToCheckpoint());
    }

    [Fact]
    public void A_silo_that_stood_still_takes_nobody_for_dead()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        harness.Time.Advance(harness.Table.FailoverTime * 3);
        Assert.Equal(BrokerErrorCode.None, harness.Report("a", session).Code);
        Assert.Equal(["a"], harness.Owners(0));
    }

    [Fact]
    public void Checkpoints_only_rise()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        Assert.Equal(BrokerErrorCode.None, Checkpoint(0, "a", session, 5, sub: 3).Code);
        Assert.Equal(BrokerErrorCode.InvalidArgument, Checkpoint(0, "a", session, 4).Code);
        Assert.Equal(BrokerErrorCode.InvalidArgument, Checkpoint(0, "a", session, 5, sub: 2).Code);
        Assert.Equal(BrokerErrorCode.None, Checkpoint(0, "a", session, 5, sub: 3).Code);
        Assert.Equal(BrokerErrorCode.None, Checkpoint(0, "a", session, 5).Code);
        Assert.Equal(BrokerErrorCode.InvalidArgument, Checkpoint(0, "a", session, 5, sub: 3).Code);
        Assert.Equal(BrokerErrorCode.InvalidArgument, harness.Turn(table => table.Checkpoint(harness.Hold(0, "a", session), LeaseCheckpoint.TrimHorizon)).Code);
    }

    [Fact]
    public void A_pending_checkpoint_is_told_to_the_next_worker_and_ends_with_the_next_checkpoint()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        Checkpoint(0, "a", session, 1);
        harness.Turn(table => table.PrepareCheckpoint(harness.Hold(0, "a", session), LeaseHarness.At(0, 7)));
        harness.Turn(table => table.Leave("a", session));
        var other = harness.Join("b");
        var lease = Assert.Single(harness.Report("b", other).Leases);
        Assert.Equal((LeaseHarness.At(0, 1), LeaseHarness.At(0, 7)), (lease.Checkpoint, lease.Pending));
        Assert.Equal(1, Assert.Single(harness.Table.Describe().Leases).OwnerSwitchesSinceCheckpoint);
        Checkpoint(0, "b", other, 7);
        Assert.Null(Assert.Single(harness.Report("b", other).Leases).Pending);
        Assert.Equal(0, Assert.Single(harness.Table.Describe().Leases).OwnerSwitchesSinceCheckpoint);
    }

    [Fact]
    public void Leases_are_told_again_only_when_they_changed()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        var told = harness.Report("a", session);
        Assert.Single(told.Leases);
        Assert.True(harness.Table.Tell("a", session, told.Version).Leases.IsDefault);
        harness.Sync(LeaseHarness.Shard(0), LeaseHarness.Shard(1));
        Assert.Equal(2, harness.Table.Tell("a", session, told.Version).Leases.Length);
    }

    [Fact]
    public void A_reset_wants_force_where_leases_are_held_and_ends_what_was_granted()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        Checkpoint(0, "a", session, 5);
        var hold = harness.Hold(0, "a", session);
        Assert.Equal(
            BrokerErrorCode.ResourceInUse,
            Assert.Throws<BrokerException>(() => harness.Table.Reset(LeaseCheckpoint.TrimHorizon, force: false)).Code);
        harness.Turn(table => table.Reset(LeaseCheckpoint.AtTimestamp(77), force: true));
        harness.Sync(LeaseHarness.Shard(0));
        Assert.Equal(LeaseCheckpoint.AtTimestamp(77), harness.Table.Leases[LeaseHarness.Key(0)].Checkpoint);
        Assert.Equal(["a"], harness.Owners(0));
        Assert.Equal(BrokerErrorCode.LeaseLost, harness.Turn(table => table.Checkpoint(hold, LeaseHarness.At(0, 9))).Code);
    }

    [Fact]
    public void A_reset_and_the_leases_after_it_can_be_one_write()
    {
        harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        harness.Turn(table =>
        {
            table.Reset(LeaseCheckpoint.TrimHorizon, force: true);
            table.Sync(LeaseHarness.Orders, LeaseHarness.Map(LeaseHarness.Shard(0)));
        });
        Assert.Equal(["a"], harness.Owners(0));
    }

    [Fact]
    public void A_deleted_application_is_gone_and_its_workers_are_told()
    {
        var session = harness.Join("a");
        harness.Sync(LeaseHarness.Shard(0));
        Assert.Throws<BrokerException>(() => harness.Table.Delete(force: false));
        harness.Turn(table => table.Delete(force: true));
        Assert.Empty(harness.Rows);
        Assert.Equal(BrokerErrorCode.ResourceNotFound, harness.Table.Tell("a", session, -1).Code);
        Assert.Throws<BrokerException>(() => harness.Table.Describe());
    }

    private LeaseResult Checkpoint(int shard, string worker, Guid session, long position, ulong? sub = null) =>
        harness.Turn(table => table.Checkpoint(harness.Hold(shard, worker, session), LeaseHarness.At(shard, position, sub)));
}
