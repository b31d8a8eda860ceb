using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Shards;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>Gathers the appends of all shards into frames: one is filled while the one before it is written. No timer: batches grow by back-pressure.</summary>
/// <remarks>
/// One loop, which begins on the scheduler that starts it; appends are admitted on their callers'. A frame succeeds or fails as a
/// whole, and with a frame fails everything that is queued behind it: whoever sends on does so after reading the shard's head.
/// The log's own memory is the two frames; appends that wait for the next frame are only referred to, and bounded by their callers.
/// </remarks>
internal sealed class Committer : IAsyncDisposable
{
    private readonly Journal journal;
    private readonly ShardTable shards;
    private readonly EmbeddedLogOptions options;
    private readonly TimeProvider time;
    private readonly CommitMetrics? metrics;
    private readonly Queue<PendingAppend> waiting = new();
    private readonly ITimer markTimer;
    private FrameBuffer filling;
    private FrameBuffer writing;
    private TaskCompletionSource? wake;
    private TaskCompletionSource? repair;
    private Task loop = Task.CompletedTask;
    private bool stopping;
    private bool isMarkDue;
    private bool isMarkArmed;
    private bool isConfirmed = true;
    private long lastCommit;

    public Committer(Journal journal, ShardTable shards, EmbeddedLogOptions options, TimeProvider time, CommitMetrics? metrics = null)
    {
        this.journal = journal;
        this.shards = shards;
        this.options = options;
        this.time = time;
        this.metrics = metrics;
        filling = new FrameBuffer(options.MaxFrameBytes);
        writing = new FrameBuffer(options.MaxFrameBytes);
        markTimer = time.CreateTimer(_ => OnMarkTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins the loop.</summary>
    /// <param name="hasUnconfirmed">The last frame on disk is not confirmed by a later one.</param>
    public void Start(bool hasUnconfirmed)
    {
        isConfirmed = !hasUnconfirmed;
        loop = RunAsync();
        lock (shards.Gate)
        {
            ArmMark();
        }
    }

    /// <summary>Queues an append; the outcome comes when its frame is durable or failed.</summary>
    public ValueTask<AppendOutcome> AppendAsync(in ShardAppend append)
    {
        append.Check();
        lock (shards.Gate)
        {
            if (stopping)
            {
                return new(new AppendOutcome(AppendStatus.Uncertain, "The log has stopped."));
            }

            if (shards.Admit(append, out var shard) is { } refused)
            {
                return new(refused);
            }

            var pending = new PendingAppend(shard, append);
            if (waiting.Count > 0 || !filling.TryAdd(pending))
            {
                waiting.Enqueue(pending);
            }

            Wake();
            return new(pending.Task);
        }
    }

    /// <summary>Waits until no shard's head can be taken back: after a failed write, until its file's end is recorded.</summary>
    /// <exception cref="StorageException">The device does not let it be recorded.</exception>
    public ValueTask EnsureCutAsync()
    {
        lock (shards.Gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            if (!journal.IsCutPending)
            {
                return ValueTask.CompletedTask;
            }

            repair ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Wake();
            return new(repair.Task);
        }
    }

    /// <summary>Commits what is queued, confirms it, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (shards.Gate)
        {
            stopping = true;
            Wake();
        }

        await loop;
        await markTimer.DisposeAsync();
        filling.Dispose();
        writing.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Task? idle = null;
            TaskCompletionSource? repairing = null;
            FrameBuffer? frame = null;
            var mark = false;
            lock (shards.Gate)
            {
                if (repair is not null)
                {
                    (repairing, repair) = (repair, null);
                }
                else if (!filling.IsEmpty)
                {
                    frame = filling;
                    (filling, writing) = (writing, filling);
                    Refill();
                }
                else if (!isConfirmed && (isMarkDue || stopping))
                {
                    (frame, mark) = (writing, true);
                }
                else if (stopping)
                {
                    return;
                }
                else
                {
                    wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    idle = wake.Task;
                }

                isMarkDue = false;
            }

            if (frame is not null)
            {
                await CommitAsync(frame, mark);
            }
            else if (repairing is not null)
            {
                await RepairAsync(repairing);
            }
            else
            {
                await idle!;
            }
        }
    }

    private async ValueTask CommitAsync(FrameBuffer frame, bool mark)
    {
        try
        {
            frame.AddEcho(journal.Echo);
            await journal.EnsureRoomAsync(frame.PaddedLength);
        }
        catch (StorageException exception)
        {
            // Nothing was written. After a failed write, though, the device is not merely full, and shards must be read anew.
            var status = exception.Fault == StorageFault.DiskFull && !journal.IsCutPending ? AppendStatus.DiskFull : AppendStatus.Uncertain;
            Fail(frame, status, exception.Message);
            isConfirmed |= mark;
            return;
        }

        try
        {
            if (options.PlantedBugs.HasFlag(PlantedBugs.AcknowledgedEarly))
            {
                frame.Appends.ForEach(append => append.TrySetResult(AppendOutcome.Committed));
            }

            var (appends, bytes, started) = (frame.Appends.Count, frame.PaddedLength, metrics?.Now() ?? 0);
            var (file, offset) = await journal.WriteAsync(frame);
            if (appends > 0)
            {
                metrics?.Committed(started, bytes, appends);
            }

            Publish(frame, file.Live!, offset);
            isConfirmed = mark;
            lastCommit = time.GetTimestamp();
        }
        catch (Exception exception)
        {
            metrics?.Failed();
            isConfirmed = true;
            Fail(frame, AppendStatus.Uncertain, exception.Message);
            await RepairAsync(null);
        }
    }

    /// <summary>Records where the abandoned file ends.</summary>
    private async ValueTask RepairAsync(TaskCompletionSource? asked)
    {
        try
        {
            if (journal.IsCutPending)
            {
                await journal.EnsureRoomAsync(FrameHeader.EncodedLength);
            }

            asked?.TrySetResult();
        }
        catch (StorageException exception)
        {
            asked?.TrySetException(exception);
        }
    }

    private void Publish(FrameBuffer frame, LiveIndex index, long offset)
    {
        foreach (var append in frame.Appends)
        {
            var place = offset + append.FrameOffset;
            foreach (var block in append.Append.Blocks)
            {
                var length = block.EncodedLength;
                index.Add(append.Append.Shard, IndexEntry.Of(block.Head, place, length));
                place += length;
            }
        }

        lock (shards.Gate)
        {
            foreach (var append in frame.Appends)
            {
                foreach (var block in append.Append.Blocks)
                {
                    append.Shard.Durable = append.Shard.Durable.After(block.Head);
                }

                Answer(append.Shard);
            }

            ArmMark();
        }

        foreach (var append in frame.Appends)
        {
            append.TrySetResult(AppendOutcome.Committed);
        }

        frame.Reset();
    }

    /// <summary>Fails a frame and everything queued behind it.</summary>
    private void Fail(FrameBuffer frame, AppendStatus status, string reason)
    {
        List<PendingAppend> failed = [.. frame.Appends];
        lock (shards.Gate)
        {
            if (failed.Count > 0)
            {
                failed.AddRange(filling.Appends);
                failed.AddRange(waiting);
                filling.Reset();
                waiting.Clear();
            }

            foreach (var append in failed)
            {
                append.Shard.Queued = append.Shard.Durable;
                append.Shard.IsUncertain |= status == AppendStatus.Uncertain;
                append.Shard.WasRefusedForSpace |= status == AppendStatus.DiskFull;
                Answer(append.Shard);
            }
        }

        var outcome = new AppendOutcome(status, reason);
        failed.ForEach(append => append.TrySetResult(outcome));
        frame.Reset();
    }

    private static void Answer(ShardState shard)
    {
        if (--shard.PendingCount == 0 && shard.Drained is { } drained)
        {
            shard.Drained = null;
            drained.TrySetResult();
        }
    }

    private void Refill()
    {
        while (waiting.TryPeek(out var next) && filling.TryAdd(next))
        {
            waiting.Dequeue();
        }
    }

    private void Wake()
    {
        wake?.TrySetResult();
        wake = null;
    }

    private void ArmMark()
    {
        if (!isMarkArmed && !stopping)
        {
            isMarkArmed = true;
            markTimer.Change(options.MarkDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnMarkTimer()
    {
        lock (shards.Gate)
        {
            isMarkArmed = false;
            if (time.GetElapsedTime(lastCommit) < options.MarkDelay)
            {
                ArmMark();
                return;
            }

            isMarkDue = true;
            Wake();
        }
    }
}
