using System.Collections.Concurrent;
using Broker.Cli.Client;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class StreamFollowerTests
{
    private readonly FakeShardSource source = new();
    private readonly ConcurrentQueue<(string Shard, string Number)> read = new();

    [Fact]
    public async Task Children_are_begun_only_when_all_their_parents_are_read()
    {
        source.Add("a", 50, []);
        source.Add("e", 80, []);
        source.Add("d", 30, ["e"]);
        source.Add("f", 20, ["e"]);
        source.Add("g", 10, ["a", "d"]);
        await FollowAsync(new FollowOptions { ExitAtEnd = true });
        Assert.Equal(190, read.Count);
        var order = read.Select((record, index) => (record.Shard, index)).ToLookup(pair => pair.Shard, pair => pair.index);
        Assert.True(order["d"].Min() > order["e"].Max());
        Assert.True(order["f"].Min() > order["e"].Max());
        Assert.True(order["g"].Min() > order["a"].Max());
        Assert.True(order["g"].Min() > order["d"].Max());
    }

    [Fact]
    public async Task Interruptions_skip_nothing_and_repeat_nothing()
    {
        source.Add("a", 40, [], 1, 17, 39, 40);
        source.Add("b", 40, ["a"], 3);
        var interrupted = 0;
        await FollowAsync(new FollowOptions { ExitAtEnd = true, Interrupted = (_, _) => Interlocked.Increment(ref interrupted) });
        Assert.Equal(Enumerable.Range(1, 40).Select(n => $"{n}"), read.Where(r => r.Shard == "a").Select(r => r.Number));
        Assert.Equal(Enumerable.Range(1, 40).Select(n => $"{n}"), read.Where(r => r.Shard == "b").Select(r => r.Number));
        Assert.True(interrupted >= 4);
    }

    [Fact]
    public async Task From_latest_only_open_shards_are_read_and_nothing_of_what_was()
    {
        source.Add("a", 5, []);
        source.Add("b", 5, ["a"]);
        await FollowAsync(new FollowOptions { From = new StartingPosition { Type = ShardIteratorType.Latest }, ExitAtEnd = true });
        Assert.Empty(read);
        Assert.Equal(1, source.Reads);
    }

    [Fact]
    public async Task One_shard_alone_is_read_without_its_children()
    {
        source.Add("a", 5, []);
        source.Add("b", 5, ["a"]);
        await FollowAsync(new FollowOptions { OnlyShard = "a" });
        Assert.All(read, record => Assert.Equal("a", record.Shard));
        Assert.Equal(5, read.Count);
    }

    [Fact]
    public async Task A_receiver_that_fails_ends_it()
    {
        source.Add("a", 5, []);
        var follower = new StreamFollower(source, new FollowOptions(), TimeProvider.System);
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            follower.RunAsync((_, _, _) => throw new InvalidOperationException(), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private Task FollowAsync(FollowOptions options) => new StreamFollower(source, options, TimeProvider.System).RunAsync(
        (shardId, received, _) =>
        {
            foreach (var record in received.Records)
            {
                read.Enqueue((shardId, record.SequenceNumber));
            }

            return ValueTask.CompletedTask;
        },
        CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
}
