using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Gateway.Reading;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class ShardFeedTests
{
    private const long Moved = 1L << 40;

    [Fact]
    public async Task Where_positions_were_moved_on_the_feed_goes_there_and_its_subscribers_read_for_themselves()
    {
        var cluster = new FakeCluster(1);
        var shard = new MovedShard();
        var feed = new ShardFeed(shard, cluster.Generation, new AppendHarness(cluster).Ciphers, () => 1, TimeProvider.System);
        feed.Join(7);
        var answer = await feed.WaitAsync(7, TimeSpan.FromSeconds(30), default);
        Assert.Equal(FeedAnswerKind.Behind, answer.Kind);
        await shard.AskedAtItsEnd;
        Assert.Equal([7, Moved], shard.Asked);
        feed.Leave();
        shard.End();
    }

    [Fact]
    public async Task What_all_subscribers_have_is_kept_no_longer()
    {
        var cluster = new FakeCluster(1);
        var harness = new AppendHarness(cluster);
        var feed = new ShardFeed(cluster[0], cluster.Generation, harness.Ciphers, () => 1, TimeProvider.System);
        feed.Join(0);
        feed.Join(0);
        await harness.PutAsync(AppendHarness.Records(3));
        var first = await feed.WaitAsync(0, TimeSpan.FromSeconds(30), default);
        var second = await feed.WaitAsync(0, TimeSpan.FromSeconds(30), default);
        Assert.Equal((FeedAnswerKind.Records, FeedAnswerKind.Records), (first.Kind, second.Kind));
        Assert.Same(first.Segment, second.Segment);

        // A third that comes late reads for itself; so would one that asks again.
        Assert.Equal(FeedAnswerKind.Behind, (await feed.WaitAsync(0, TimeSpan.FromSeconds(30), default)).Kind);
        await harness.PutAsync(AppendHarness.Records(2));
        Assert.Equal(FeedAnswerKind.Records, (await feed.WaitAsync(3, TimeSpan.FromSeconds(30), default)).Kind);
        feed.Leave();
        feed.Leave();
    }

    /// <summary>Holds nothing from position 7 on, and waits at its end.</summary>
    private sealed class MovedShard : IShardGrain
    {
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<ReadResult> end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<long> Asked { get; } = [];

        public Task AskedAtItsEnd => asked.Task;

        public void End() => end.SetResult(new ReadResult(BrokerErrorCode.None, [], Moved, Moved, 0, true, null));

        public Task<ReadResult> ReadAsync(ReadRequest request)
        {
            Asked.Add(request.FromPosition);
            if (request.FromPosition < Moved)
            {
                return Task.FromResult(new ReadResult(BrokerErrorCode.None, [], Moved, Moved, 0, false, null));
            }

            asked.TrySetResult();
            return end.Task;
        }

        public Task<AppendResult> AppendAsync(AppendRequest request) => throw new NotSupportedException();

        public Task<FindResult> FindAsync(long arrivalUnixMilliseconds) => throw new NotSupportedException();

        public Task<SealResult> SealAsync() => throw new NotSupportedException();

        public Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription) => throw new NotSupportedException();

        public Task UnsubscribeAsync(string consumer, Guid subscription) => throw new NotSupportedException();

        public Task DropAsync() => throw new NotSupportedException();
    }
}
