using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Appending;

/// <summary>The appenders of one stream. One lock orders what is submitted, handed over and closed, so that order survives resharding.</summary>
/// <remarks>
/// A shard's appender begins only when those of its ancestors have handed over what they had. What is submitted by an older map
/// than the newest one seen is refused, so a batch never has portions at both a parent and its child.
/// </remarks>
internal sealed class StreamAppenders(AppendContext context, StreamRoute first)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly Lock sync = new();
    private readonly Dictionary<ShardId, ShardAppender> appenders = [];
    private readonly List<ShardAppender> closing = [];
    private volatile StreamRoute route = first;

    public StreamGeneration Generation { get; } = first.Stream.Generation;

    public string StreamName { get; } = first.Stream.Name;

    public StreamRoute Route => route;

    public long MapVersion => route.Stream.Version;

    /// <summary>Puts a batch on its way.</summary>
    /// <param name="by">The map that it was split by.</param>
    /// <param name="portions">Its portions.</param>
    /// <param name="mayExceed">False to refuse where a shard has no room.</param>
    /// <param name="full">A shard that has no room, or no longer has.</param>
    /// <returns>False where a newer map is known, or a shard has no room and that matters: nothing was submitted then.</returns>
    public bool TrySubmit(
        StreamRoute by, List<(ShardDescription Shard, AppendPortion Portion)> portions, bool mayExceed, out ShardAppender? full)
    {
        full = null;
        lock (sync)
        {
            Adopt(by);
            if (by.Stream.Version < route.Stream.Version)
            {
                return false;
            }

            foreach (var (shard, _) in portions)
            {
                if (appenders.TryGetValue(shard.Id, out var appender) && !appender.HasRoom)
                {
                    full = appender;
                    if (!mayExceed)
                    {
                        return false;
                    }
                }
            }

            foreach (var (shard, portion) in portions)
            {
                var appender = Get(shard);
                appender.Enqueue(portion);
                if (!appender.HasRoom)
                {
                    full = appender;
                }
            }

            return true;
        }
    }

    /// <summary>Moves what a closed shard's appender holds to the children; waits for them until the portions' deadlines.</summary>
    public async Task HandOverAsync(ShardAppender closed)
    {
        var pause = FirstPause;
        var isGone = false;
        var seen = route;
        while (!TryEnd(closed, isGone))
        {
            try
            {
                seen = await context.Routes.RefreshAsync(seen);
                if (seen.FindShard(closed.Shard.Id) is not { IsOpen: true } && seen.Covers(closed.Shard.Range))
                {
                    lock (sync)
                    {
                        Adopt(seen);
                        if (route.Covers(closed.Shard.Range))
                        {
                            context.Metrics.Reroute();
                            Move(closed);
                            return;
                        }
                    }
                }
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
            {
                isGone = true;
                continue;
            }
            catch (Exception)
            {
                // Asked again below, until the portions' deadlines.
            }

            await Task.Delay(pause, context.Clock);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    /// <summary>Ends a closed shard's appender that holds nothing, or whose stream is gone.</summary>
    private bool TryEnd(ShardAppender closed, bool isGone)
    {
        lock (sync)
        {
            if (closed.HasWork() && !isGone)
            {
                return false;
            }

            foreach (var portion in closed.TakeRest())
            {
                portion.Fail(BrokerErrorCode.ResourceNotFound, $"Stream {StreamName} was deleted.");
            }

            Remove(closed);
            return true;
        }
    }

    /// <summary>Drops appenders that have been idle for long.</summary>
    /// <returns>Appenders left.</returns>
    public int Sweep(TimeSpan idle)
    {
        lock (sync)
        {
            foreach (var appender in appenders.Values.ToArray())
            {
                if (appender.IsIdle && context.Clock.GetElapsedTime(appender.LastUsed) > idle)
                {
                    Remove(appender);
                }
            }

            return appenders.Count;
        }
    }

    private void Adopt(StreamRoute newer)
    {
        if (newer.Stream.Version <= route.Stream.Version)
        {
            return;
        }

        route = newer;
        foreach (var appender in appenders.Values)
        {
            if (newer.FindShard(appender.Shard.Id) is not { IsOpen: true } && !closing.Contains(appender))
            {
                closing.Add(appender);
                appender.Close();
            }
        }
    }

    private ShardAppender Get(ShardDescription shard)
    {
        if (appenders.TryGetValue(shard.Id, out var appender))
        {
            return appender;
        }

        var ancestors = new List<Task>();
        foreach (var closed in closing)
        {
            if (closed.Shard.Id < shard.Id && closed.Shard.Range.Start <= shard.Range.End && shard.Range.Start <= closed.Shard.Range.End)
            {
                ancestors.Add(closed.Retired);
            }
        }

        appender = new ShardAppender(context, this, shard, ancestors.Count == 0 ? Task.CompletedTask : Task.WhenAll(ancestors));
        appenders.Add(shard.Id, appender);
        return appender;
    }

    private void Move(ShardAppender closed)
    {
        // The closed appender stays among the ancestors while the children's are made: they wait for it until this is done.
        foreach (var portion in closed.TakeRest())
        {
            foreach (var (shard, part) in PortionEditor.Split(portion, route))
            {
                Get(shard).Enqueue(part, isInherited: true);
            }
        }

        Remove(closed);
    }

    private void Remove(ShardAppender appender)
    {
        appenders.Remove(appender.Shard.Id);
        closing.Remove(appender);
        appender.Retire();
    }
}
