using Broker.Cli.Client;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class ShardLineageTests
{
    private readonly ShardLineage lineage = new();

    [Fact]
    public void Children_wait_for_all_their_parents()
    {
        lineage.Add("a", []);
        lineage.Add("b", []);
        lineage.Add("ab", ["a", "b"]);
        Assert.Equal(["a", "b"], lineage.TakeReady());
        lineage.MarkFinished("a");
        Assert.Empty(lineage.TakeReady());
        lineage.MarkFinished("b");
        Assert.Equal(["ab"], lineage.TakeReady());
        Assert.Empty(lineage.TakeReady());
        Assert.False(lineage.IsFinished);
        lineage.MarkCaughtUp("ab");
        Assert.True(lineage.IsCaughtUp);
    }

    [Fact]
    public void Parents_that_are_gone_count_as_read()
    {
        lineage.Add("child", ["expired", ""]);
        Assert.Equal(["child"], lineage.TakeReady());
    }

    [Fact]
    public void A_parent_that_descends_from_a_shard_still_read_is_waited_for()
    {
        // e split into d and f; then d merged with a into g; a is finished first.
        lineage.Add("a", []);
        lineage.Add("e", []);
        Assert.Equal(["a", "e"], lineage.TakeReady());
        lineage.AddDescendants([("g", ["a", "d"]), ("d", ["e"]), ("f", ["e"]), ("x", [])]);
        lineage.MarkFinished("a");
        Assert.Empty(lineage.TakeReady());
        lineage.MarkFinished("e");
        Assert.Equal(["d", "f"], lineage.TakeReady());
        lineage.MarkFinished("d");
        Assert.Equal(["g"], lineage.TakeReady());
        Assert.False(lineage.Knows("x"));
    }

    [Fact]
    public void A_shard_that_waits_keeps_the_stream_from_being_caught_up()
    {
        lineage.Add("a", []);
        lineage.Add("b", ["a"]);
        lineage.TakeReady();
        lineage.MarkCaughtUp("a");
        Assert.False(lineage.IsCaughtUp);
    }
}
