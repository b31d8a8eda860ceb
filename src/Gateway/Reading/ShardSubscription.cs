using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Grpc.Core;

namespace Broker.Gateway.Reading;

/// <summary>One SubscribeToShard call: sends every record once and in order from a position on, until the shard ends.</summary>
/// <remarks>
/// By position alone: what the shared feed no longer holds is read from the shard, at most a megabyte at a time, and never ahead of
/// what HTTP/2's flow control lets through. A registered consumer reads under its subscription and learns within a second that
/// another took over. A call that has many shards gives turns: one is taken while history is read and sent, when the shard's reader is
/// ready for it. The tail is shared and needs none.
/// </remarks>
internal sealed class ShardSubscription(
    IBrokerGrains grains,
    StreamRoutes routes,
    ShardFeeds feeds,
    StreamCiphers ciphers,
    GatewayOptions options,
    TimeProvider clock,
    GatewayMetrics metrics,
    SemaphoreSlim? historyTurns = null,
    Func<CancellationToken, ValueTask>? ready = null)
{
    private static readonly TimeSpan ConsumerWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConsumerCheck = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private StreamRoute route = null!;
    private ShardDescription shard = null!;
    private IShardGrain grain = null!;
    private IServerStreamWriter<RecordPage> output = null!;
    private string? consumer;
    private Guid subscription;
    private long position;
    private long lastArrival;
    private long lastSent;
    private long lastChecked;
    private long millisBehind;

    public async Task RunAsync(
        StreamRoute from,
        ShardDescription followed,
        long start,
        string? consumerName,
        Guid subscriptionId,
        IServerStreamWriter<RecordPage> stream,
        CancellationToken cancellation)
    {
        (route, shard, position, consumer, subscription, output) = (from, followed, start, consumerName, subscriptionId, stream);
        var key = new ShardKey(route.Stream.Generation, shard.Id);
        grain = grains.Shard(key);
        lastChecked = clock.GetTimestamp();
        var feed = feeds.Acquire(key);
        var hasJoined = false;
        try
        {
            var isFirst = true;
            var isCaughtUp = false;
            while (true)
            {
                var answer = new FeedAnswer(FeedAnswerKind.Behind);
                if (isCaughtUp && consumer is null)
                {
                    if (!hasJoined)
                    {
                        hasJoined = true;
                        feed.Join(position);
                    }

                    answer = await feed.WaitAsync(position, UntilHeartbeat(), cancellation);
                }

                if (answer.Kind == FeedAnswerKind.Records)
                {
                    await SendAsync(answer.Segment!.Read, cancellation);
                }
                else if (answer.Kind == FeedAnswerKind.Behind)
                {
                    var read = await ReadAndSendAsync(isCaughtUp && consumer is not null ? ConsumerWait : TimeSpan.Zero, cancellation);
                    if (read is { } some)
                    {
                        isCaughtUp = position >= some.TailPosition;
                        if (isCaughtUp && some.IsSealed)
                        {
                            await EndAsync(cancellation);
                            return;
                        }
                    }
                }

                if (isFirst || UntilHeartbeat() <= TimeSpan.Zero)
                {
                    await WriteAsync(new RecordPage { Shard = shard, MillisBehindLatest = millisBehind }, cancellation);
                }

                isFirst = false;
                await CheckConsumerAsync(cancellation);
            }
        }
        finally
        {
            if (hasJoined)
            {
                feed.Leave();
            }

            feeds.Release(key);
        }
    }

    private TimeSpan UntilHeartbeat() => lastSent == 0 ? TimeSpan.Zero : options.SubscriptionHeartbeat - clock.GetElapsedTime(lastSent);

    private async ValueTask<ReadResult?> ReadAndSendAsync(TimeSpan wait, CancellationToken cancellation)
    {
        if (ready is not null)
        {
            await ready(cancellation);
        }

        if (historyTurns is not null)
        {
            await historyTurns.WaitAsync(cancellation);
        }

        try
        {
            var read = await ReadAsync(wait, cancellation);
            if (read is { } some)
            {
                position = Math.Max(position, some.FromPosition);
                millisBehind = some.Blocks.IsDefaultOrEmpty ? 0 : millisBehind;
                if (!some.Blocks.IsDefaultOrEmpty)
                {
                    await SendAsync(some, cancellation);
                }
            }

            return read;
        }
        finally
        {
            historyTurns?.Release();
        }
    }

    /// <summary>Reads at the position; null where the shard cannot answer now.</summary>
    private async ValueTask<ReadResult?> ReadAsync(TimeSpan wait, CancellationToken cancellation)
    {
        try
        {
            var version = routes.Peek(route.Stream.Generation)?.Stream.Version ?? route.Stream.Version;
            var read = await grain
                .ReadAsync(new ReadRequest(position, ShardFeed.ReadBytes, wait, version, Metered: false, consumer, subscription))
                .WaitAsync(cancellation);
            read = await ciphers.OpenAsync(route.Stream.Generation, read, cancellation);
            if (read.Code == BrokerErrorCode.None)
            {
                return read;
            }

            if (read.Code is not (BrokerErrorCode.Unavailable or BrokerErrorCode.Overloaded))
            {
                throw new BrokerException(read.Code, read.Message ?? $"{shard.Id} cannot be read: {read.Code}.");
            }
        }
        catch (Exception exception) when (exception is not BrokerException && !cancellation.IsCancellationRequested)
        {
            // The shard moves; asked again below.
        }

        await Task.Delay(Pause, clock, cancellation);
        return null;
    }

    private async ValueTask SendAsync(ReadResult read, CancellationToken cancellation)
    {
        var page = PageBuilder.Build(shard, read, position, int.MaxValue, long.MaxValue);
        position = page.EndPosition;
        if (page.RecordCount > 0)
        {
            lastArrival = page.EndArrivalUnixMilliseconds;
            millisBehind = page.MillisBehindLatest;
            await WriteAsync(page, cancellation);
        }
    }

    private async ValueTask WriteAsync(RecordPage page, CancellationToken cancellation)
    {
        page.EndPosition = position;
        page.EndArrivalUnixMilliseconds = lastArrival;
        page.Next = page.EndSequenceNumber.ToString();
        var bytes = RecordPageWriter.Measure(page);
        await output.WriteAsync(page, cancellation);
        lastSent = clock.GetTimestamp();
        metrics.RecordsOut(page.RecordCount, bytes);
    }

    /// <summary>A consumer that was deregistered gets nothing more.</summary>
    private async ValueTask CheckConsumerAsync(CancellationToken cancellation)
    {
        if (consumer is null || clock.GetElapsedTime(lastChecked) < ConsumerCheck)
        {
            return;
        }

        lastChecked = clock.GetTimestamp();
        try
        {
            var found = await grains.Stream(route.Stream.Generation).DescribeConsumerAsync(consumer).WaitAsync(cancellation);
            if (found.Status == ConsumerStatus.Deleting)
            {
                throw new BrokerException(BrokerErrorCode.ResourceNotFound, $"Consumer {consumer} is being deregistered.");
            }
        }
        catch (Exception exception) when (exception is not BrokerException && !cancellation.IsCancellationRequested)
        {
            // Cannot be told now; checked again.
        }
    }

    /// <summary>Tells the children once the stream knows them; then the call ends.</summary>
    private async Task EndAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                route = await routes.RefreshAsync(route, cancellation);
                var children = route.ChildrenOf(shard.Id);
                if (children.Count > 0)
                {
                    await WriteAsync(new RecordPage { Shard = shard, Children = children }, cancellation);
                    return;
                }
            }
            catch (Exception exception) when (exception is not (BrokerException or RpcException) && !cancellation.IsCancellationRequested)
            {
                // The stream cannot answer now; asked again.
            }

            if (UntilHeartbeat() <= TimeSpan.Zero)
            {
                await WriteAsync(new RecordPage { Shard = shard }, cancellation);
            }

            await Task.Delay(Pause, clock, cancellation);
        }
    }
}
