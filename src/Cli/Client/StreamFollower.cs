using System.Threading.Channels;
using Broker.Kcl.Connection;
using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>
/// Reads all shards of a stream, children after all their parents, and goes on after interruptions exactly where it was.
/// </summary>
/// <remarks>
/// Shards are read side by side, so the receiver is called for several at once, but for one shard in order, and for a child only
/// when the calls for its parents have returned. A slow receiver holds back its shard alone.
/// </remarks>
internal sealed class StreamFollower(IShardSource source, FollowOptions options, TimeProvider time)
{
    private readonly Channel<Notice> notices = Channel.CreateUnbounded<Notice>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ShardLineage lineage = new();
    private readonly HashSet<string> firstShards = new(StringComparer.Ordinal);

    /// <summary>Takes a shard's event; reading that shard goes on when it returns.</summary>
    public delegate ValueTask Receiver(string shardId, ShardEvent received, CancellationToken cancellation);

    /// <summary>Follows until the end asked for, a lasting failure, or cancellation (by OperationCanceledException).</summary>
    public async Task RunAsync(Receiver receiver, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reading = new List<Task>();
        try
        {
            await BeginAsync(stop.Token);
            while (true)
            {
                foreach (var shardId in lineage.TakeReady())
                {
                    reading.Add(Task.Run(() => ReadShardAsync(shardId, receiver, stop.Token), CancellationToken.None));
                }

                if (lineage.IsFinished || (options.ExitAtEnd && lineage.IsCaughtUp))
                {
                    return;
                }

                await TakeAsync(await notices.Reader.ReadAsync(stop.Token), stop.Token);
                reading.RemoveAll(task => task.IsCompleted);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(reading);
        }
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        if (options.OnlyShard is { } only)
        {
            firstShards.Add(only);
            lineage.Add(only, []);
            return;
        }

        var filter = options.From.Type switch
        {
            ShardIteratorType.Latest => new ShardFilter { Type = ShardFilterType.AtLatest },
            ShardIteratorType.AtTimestamp => new ShardFilter { Type = ShardFilterType.FromTimestamp, Timestamp = options.From.Timestamp },
            _ => new ShardFilter { Type = ShardFilterType.FromTrimHorizon },
        };
        foreach (var shard in await source.ListShardsAsync(filter, cancellation))
        {
            firstShards.Add(shard.ShardId);
            lineage.Add(shard.ShardId, ParentsOf(shard));
        }
    }

    private async Task TakeAsync(Notice notice, CancellationToken cancellation)
    {
        if (notice.Failure is not null)
        {
            throw notice.Failure;
        }

        if (!notice.IsFinished)
        {
            lineage.MarkCaughtUp(notice.ShardId);
            return;
        }

        if (options.OnlyShard is null)
        {
            await AddChildrenAsync(notice.Children, cancellation);
        }

        lineage.MarkFinished(notice.ShardId);
    }

    private async Task AddChildrenAsync(IReadOnlyList<ChildShard> children, CancellationToken cancellation)
    {
        // A parent not known yet may itself descend from a shard that is still being read (split, then merged again): only the
        // whole lineage tells whether its records are ours to wait for.
        if (children.Any(child => child.ParentShards.Any(parent => !lineage.Knows(parent))))
        {
            var listing = await RetryAsync(
                token => source.ListShardsAsync(new ShardFilter { Type = ShardFilterType.FromTrimHorizon }, token), cancellation);
            lineage.AddDescendants([.. listing.Select(shard => (shard.ShardId, ParentsOf(shard)))]);
        }

        foreach (var child in children)
        {
            lineage.Add(child.ShardId, child.ParentShards);
        }
    }

    private async Task ReadShardAsync(string shardId, Receiver receiver, CancellationToken cancellation)
    {
        var position = firstShards.Contains(shardId) ? options.From : new StartingPosition { Type = ShardIteratorType.TrimHorizon };
        var caughtUp = false;
        var backoff = Backoff.ForConnecting(time);
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var received in source.ReadAsync(shardId, position, cancellation))
                    {
                        backoff.Reset();
                        await receiver(shardId, received, cancellation);
                        position = Advance(position, received);
                        if (received.Children.Count > 0)
                        {
                            notices.Writer.TryWrite(new Notice(shardId, IsFinished: true, received.Children, null));
                            return;
                        }

                        if (received.MillisBehindLatest == 0 && !caughtUp)
                        {
                            caughtUp = true;
                            notices.Writer.TryWrite(new Notice(shardId, IsFinished: false, [], null));
                        }
                    }
                }
                catch (Exception e) when (!cancellation.IsCancellationRequested && CanGoOn(e))
                {
                    options.Interrupted?.Invoke(shardId, e);
                }

                await backoff.PauseAsync(cancellation);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // The follower has ended.
        }
        catch (Exception e)
        {
            notices.Writer.TryWrite(new Notice(shardId, IsFinished: false, [], e));
        }
    }

    private async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        var backoff = Backoff.ForConnecting(time);
        while (true)
        {
            try
            {
                return await call(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested && CanGoOn(e))
            {
                await backoff.PauseAsync(cancellation);
            }
        }
    }

    /// <summary>Where reading goes on after an event.</summary>
    private static StartingPosition Advance(StartingPosition position, ShardEvent received)
    {
        if (received.Continuation is { } after)
        {
            return new StartingPosition { Type = ShardIteratorType.AfterSequenceNumber, SequenceNumber = after };
        }

        // LATEST of a shard without any record: asked again it would skip what has come since, the beginning does not.
        return position.Type == ShardIteratorType.Latest ? new StartingPosition { Type = ShardIteratorType.TrimHorizon } : position;
    }

    private static bool CanGoOn(Exception exception) =>
        RpcFaults.IsTransient(exception) || (exception is Grpc.Core.RpcException rpc && RpcFaults.ReasonOf(rpc) == "EXPIRED_ITERATOR");

    private static IReadOnlyList<string> ParentsOf(Shard shard) =>
        [.. new[] { shard.ParentShardId, shard.AdjacentParentShardId }.Where(parent => parent.Length > 0)];

    private sealed record Notice(string ShardId, bool IsFinished, IReadOnlyList<ChildShard> Children, Exception? Failure);
}
