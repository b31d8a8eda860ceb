using System.Diagnostics;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>The way to one shard: portions in order, one call in flight, everything that queued meanwhile in the next one.</summary>
/// <remarks>
/// Made by <see cref="StreamAppenders"/>. Its loop runs on the pool while there is work and nothing waits in between but calls,
/// back-offs and, at its start, ancestors that still have portions on their way. Nothing survives a restart: what was not
/// acknowledged is the client's to send again.
/// </remarks>
internal sealed partial class ShardAppender : IThreadPoolWorkItem
{
    private readonly AppendContext context;
    private readonly StreamAppenders owner;
    private readonly ShardDescription shard;
    private readonly ShardSender sender;
    private readonly Lock sync = new();
    private readonly TaskCompletionSource retired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<AppendPortion> queue = [];
    private TaskCompletionSource? room;
    private Task ancestors;
    private long queuedBytes;
    private bool isRunning;
    private bool isClosed;
    private bool hasInherited;

    public ShardAppender(AppendContext context, StreamAppenders owner, ShardDescription shard, Task ancestors)
    {
        this.context = context;
        this.owner = owner;
        this.shard = shard;
        this.ancestors = ancestors;
        sender = new ShardSender(context, owner, shard, Settle);
        LastUsed = context.Clock.GetTimestamp();
    }

    public ShardDescription Shard => shard;

    /// <summary>Completes when the shard has ended and nothing is left here.</summary>
    public Task Retired => retired.Task;

    public long LastUsed { get; private set; }

    public bool IsIdle
    {
        get
        {
            lock (sync)
            {
                return !isRunning && queue.Count == 0;
            }
        }
    }

    public bool HasRoom => Interlocked.Read(ref queuedBytes) < context.Options.MaxInFlightBytesPerShard;

    /// <summary>Adds a portion; called under the stream's lock, so in one order for all shards.</summary>
    public void Enqueue(AppendPortion portion, bool isInherited = false)
    {
        lock (sync)
        {
            queue.Add(portion);
            hasInherited |= isInherited;
            Interlocked.Add(ref queuedBytes, portion.Bytes);
            LastUsed = context.Clock.GetTimestamp();
            Start();
        }
    }

    /// <summary>The shard has ended: what is queued goes to its children once the call in flight is answered.</summary>
    public void Close()
    {
        lock (sync)
        {
            isClosed = true;
            Start();
        }
    }

    /// <summary>Waits until the queue is below its bound.</summary>
    public Task RoomAsync()
    {
        lock (sync)
        {
            return HasRoom ? Task.CompletedTask : (room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Takes what is left, to go on elsewhere; called under the stream's lock.</summary>
    public List<AppendPortion> TakeRest()
    {
        lock (sync)
        {
            var rest = queue;
            queue = [];
            Interlocked.Exchange(ref queuedBytes, 0);
            SignalRoom();
            return rest;
        }
    }

    /// <summary>Ends the appender, which holds nothing any more: its descendants' may begin.</summary>
    public void Retire()
    {
        lock (sync)
        {
            isRunning = true;
            retired.TrySetResult();
        }
    }

    private void Start()
    {
        if (!isRunning && !retired.Task.IsCompleted)
        {
            isRunning = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task RunAsync()
    {
        await ancestors;
        ancestors = Task.CompletedTask;
        while (true)
        {
            List<AppendPortion> portions;
            lock (sync)
            {
                Expire();
                if (isClosed)
                {
                    break;
                }

                if (queue.Count == 0)
                {
                    isRunning = false;
                    return;
                }

                if (hasInherited)
                {
                    hasInherited = false;
                    queue = PortionOrder.Restore(queue);
                    foreach (var broken in PortionOrder.TakeBroken(queue, shard.Range))
                    {
                        Settle(broken.Bytes);
                        broken.Fail(BrokerErrorCode.Unavailable, $"{shard.Id} has merged, and a part of the batch failed before: send the batch again.");
                    }

                    continue;
                }

                portions = AppendCall.Take(queue);
            }

            try
            {
                var sent = await sender.SendAsync(portions, Interlocked.Read(ref queuedBytes));
                PutBack(sent.Rest);
                if (sent.IsClosed)
                {
                    Close();
                }

                if (sent.Pause > TimeSpan.Zero)
                {
                    await Task.Delay(sent.Pause, context.Clock);
                }
            }
            catch (Exception exception)
            {
                LogBroken(context.Logger, owner.StreamName, shard.Id, exception);
                foreach (var portion in portions)
                {
                    portion.IsUncertain = true;
                    Settle(portion.Bytes);
                    portion.Fail(BrokerErrorCode.Internal, "Internal error in the gateway's append.");
                }
            }
        }

        await owner.HandOverAsync(this);
    }

    /// <summary>Fails portions whose time is up; the caller holds the lock.</summary>
    private void Expire()
    {
        var now = context.Clock.GetTimestamp();
        for (var i = queue.Count - 1; i >= 0; i--)
        {
            if (queue[i].Batch.Deadline <= now)
            {
                var portion = queue[i];
                queue.RemoveAt(i);
                Settle(portion.Bytes);
                portion.Fail(BrokerErrorCode.Unavailable, $"{shard.Id} did not answer in time; whether the records were taken is unknown.");
            }
        }
    }

    /// <summary>Expires what is queued and tells whether anything is left; for the wait for children.</summary>
    public bool HasWork()
    {
        lock (sync)
        {
            Expire();
            return queue.Count > 0;
        }
    }

    private void PutBack(List<AppendPortion> portions)
    {
        lock (sync)
        {
            queue.InsertRange(0, portions);
        }
    }

    private void Settle(int bytes)
    {
        Interlocked.Add(ref queuedBytes, -bytes);
        Debug.Assert(Interlocked.Read(ref queuedBytes) >= 0, "More bytes left an appender than came to it.");
        lock (sync)
        {
            SignalRoom();
        }
    }

    private void SignalRoom()
    {
        if (room is not null && HasRoom)
        {
            room.TrySetResult();
            room = null;
        }
    }
}
