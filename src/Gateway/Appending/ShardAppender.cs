using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
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
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly AppendContext context;
    private readonly StreamAppenders owner;
    private readonly ShardDescription shard;
    private readonly ShardKey key;
    private readonly IShardGrain grain;
    private readonly Guid producer = Guid.NewGuid();
    private readonly Lock sync = new();
    private readonly TaskCompletionSource retired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<AppendPortion> queue = [];
    private TaskCompletionSource? room;
    private Task ancestors;
    private long queuedBytes;
    private ulong lastNumber;
    private bool isRunning;
    private bool isClosed;
    private bool hasInherited;
    private TimeSpan pause;

    public ShardAppender(AppendContext context, StreamAppenders owner, ShardDescription shard, Task ancestors)
    {
        this.context = context;
        this.owner = owner;
        this.shard = shard;
        this.ancestors = ancestors;
        key = new ShardKey(owner.Generation, shard.Id);
        grain = context.Grains.Shard(key);
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
                await SendAsync(portions);
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

    private async Task SendAsync(List<AppendPortion> portions)
    {
        var patience = context.Options.AppendAttemptTimeout;
        foreach (var portion in portions)
        {
            portion.Group.Identity ??= new BatchIdentity(producer, BatchIdentity.GatewayEpoch, ++lastNumber);
            var remaining = context.Remaining(portion.Batch.Deadline);
            patience = remaining < patience ? remaining : patience;
        }

        var call = AppendCall.Make(key, portions, owner.MapVersion);
        context.Metrics.Append(portions.Count);
        var started = context.Clock.GetTimestamp();
        var result = await CallAsync(call.Request, patience);
        switch (result.Code)
        {
            case BrokerErrorCode.None when result.Verdicts.IsDefaultOrEmpty:
                pause = TimeSpan.Zero;
                context.Metrics.Appended(context.Clock.GetElapsedTime(started));
                Commit(portions, result);
                break;
            case var _ when !result.Verdicts.IsDefaultOrEmpty:
                Apply(portions, result);
                break;
            case BrokerErrorCode.ShardClosed:
                PutBack(portions);
                Close();
                break;
            case BrokerErrorCode.ProvisionedThroughputExceeded:
                Throttle(portions, result);
                break;
            case BrokerErrorCode.Unavailable or BrokerErrorCode.Overloaded:
                await PauseAsync(portions, result);
                break;
            default:
                Fail(portions, 0, result.Code, result.Message);
                break;
        }
    }

    private async ValueTask<AppendResult> CallAsync(AppendRequest request, TimeSpan patience)
    {
        try
        {
            var answer = grain.AppendAsync(request);
            return answer.IsCompletedSuccessfully
                ? answer.Result
                : await answer.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, context.Clock);
        }
        catch (BrokerException exception)
        {
            return AppendResult.Failed(exception.Code, exception.Message);
        }
        catch (Exception exception)
        {
            LogUnknownOutcome(context.Logger, owner.StreamName, shard.Id, exception.Message);
            return AppendResult.Failed(BrokerErrorCode.Unavailable, $"{shard.Id} did not answer.");
        }
    }

    private void Commit(List<AppendPortion> portions, AppendResult result)
    {
        var position = result.FirstPosition;
        foreach (var portion in portions)
        {
            Settle(portion.Bytes);
            portion.Group.Took(shard.Id, shard.Range);
            var first = position;
            position += portion.RecordCount;
            portion.Took(shard.Id, shard.CreatedSecond, first, result.ArrivalUnixMilliseconds);
        }
    }

    private void Apply(List<AppendPortion> portions, AppendResult result)
    {
        var rest = new List<AppendPortion>(portions.Count);
        var resolved = 0;
        foreach (var portion in portions)
        {
            var before = portion.Bytes;
            if (RepeatResolver.Select(result.Verdicts, portion) is not { } verdicts)
            {
                rest.Add(portion);
                continue;
            }

            resolved++;
            if (RepeatResolver.Apply(portion, verdicts))
            {
                Settle(before - portion.Bytes);
                rest.Add(portion);
            }
            else
            {
                Settle(before);
            }
        }

        if (resolved == 0)
        {
            Fail(rest, 0, BrokerErrorCode.Internal, $"{shard.Id} spoke of batches that it was not sent.");
            return;
        }

        PutBack(rest);
    }

    /// <summary>The first records may go alone, as far as their batches are divisible; the rest is told the shard's limit.</summary>
    private void Throttle(List<AppendPortion> portions, AppendResult result)
    {
        var admitted = Math.Max(0, result.AdmittedRecords);
        var kept = new List<AppendPortion>();
        var next = 0;
        for (; next < portions.Count && admitted >= portions[next].RecordCount; next++)
        {
            admitted -= portions[next].RecordCount;
            kept.Add(portions[next]);
        }

        if (next == portions.Count)
        {
            // It refused what it says it would admit: as good as nothing.
            Fail(portions, 0, result.Code, result.Message);
            return;
        }

        var split = portions[next];
        if (admitted > 0 && split.Batch.IsDivisible && !split.IsUncertain)
        {
            var refused = split.Records.Indexes[admitted..];
            var before = split.Bytes;
            split.Group.Remove(refused);
            split.Records = PortionEditor.Without(split.Records, [.. refused]);
            Settle(before - split.Bytes);
            split.Batch.Failed(new AppendFault(result.Code, result.Message ?? "Rate exceeded.", refused, IsUncertain: false));
            kept.Add(split);
            next++;
        }

        Fail(portions, next, result.Code, result.Message);
        PutBack(kept);
    }

    private async Task PauseAsync(List<AppendPortion> portions, AppendResult result)
    {
        if (result.Code == BrokerErrorCode.Unavailable)
        {
            foreach (var portion in portions)
            {
                portion.IsUncertain = true;
            }
        }

        context.Metrics.Retry();
        PutBack(portions);
        pause = pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        var remaining = context.Remaining(portions[0].Batch.Deadline);
        await Task.Delay(remaining < pause && remaining > TimeSpan.Zero ? remaining : pause, context.Clock);
    }

    private void Fail(List<AppendPortion> portions, int from, BrokerErrorCode code, string? message)
    {
        for (var i = from; i < portions.Count; i++)
        {
            Settle(portions[i].Bytes);
            portions[i].Fail(code, message ?? $"{shard.Id} refused the records: {code}.");
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
