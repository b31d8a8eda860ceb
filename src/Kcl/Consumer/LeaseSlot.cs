using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>A lease as this process has it: over one call or several, until it is lost, given back or at its end. Thread-safe.</summary>
/// <remarks>
/// A call that breaks leaves the lease to its worker for the fail-over time. When the next call grants it again and its counter tells that
/// nobody else had it meanwhile, it goes on: what is pushed again is left out, and what is checkpointed waits until the broker has pushed
/// as much again.
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The sources hold no timers, and may be cancelled by who comes late.")]
internal sealed class LeaseSlot
{
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource interrupted = new();
    private readonly Channel<QueuedRecords> queue = Channel.CreateUnbounded<QueuedRecords>();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Attachment? attachment;
    private ITimer? expiry;
    private long counter;
    private string queued = "";
    private bool hasQueuedEnd;
    private bool isClosed;

    public LeaseSlot(ShardLease lease, ConsumeLink link, ConsumeLeaseGranted granted, TimeProvider time)
    {
        Lease = lease;
        this.time = time;
        counter = granted.LeaseCounter;
        attachment = new Attachment(link, granted);
    }

    public ShardLease Lease { get; }

    /// <summary>Cancelled when the lease is lost.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Cancelled when the lease is lost or asked for.</summary>
    public CancellationToken Interrupted => interrupted.Token;

    /// <summary>Why it is lost.</summary>
    public string LossReason { get; private set; } = "";

    /// <summary>The call that granted it was silent for too long: by now it may be another's.</summary>
    public bool IsStale
    {
        get
        {
            lock (gate)
            {
                return attachment?.Link.IsStale == true;
            }
        }
    }

    /// <summary>Goes on in a new call, unless the lease was anyone else's meanwhile, or is over.</summary>
    public bool TryAttach(ConsumeLink link, ConsumeLeaseGranted granted)
    {
        lock (gate)
        {
            // To come back from another worker it would have changed its owner twice. Granted twice in one call, it was lost between.
            if (isClosed || lost.IsCancellationRequested || attachment?.Link == link || granted.LeaseCounter > counter + 1 || granted.LeaseCounter < counter)
            {
                return false;
            }

            counter = granted.LeaseCounter;
            attachment = new Attachment(link, granted);
            expiry?.Dispose();
            expiry = null;
            Change();
            return true;
        }
    }

    /// <summary>A call is over; the lease is lost unless another one grants it in time.</summary>
    public void Detach(ConsumeLink link, TimeSpan within)
    {
        if (IsStale)
        {
            Lose("This worker was silent for the fail-over time.");
        }

        lock (gate)
        {
            if (attachment?.Link == link)
            {
                attachment = null;
                Expire(within);
            }
        }
    }

    /// <summary>The worker joined again: what was left to it is granted soon, or was not.</summary>
    public void Rejoined(TimeSpan within)
    {
        lock (gate)
        {
            if (attachment is null)
            {
                Expire(within);
            }
        }
    }

    /// <summary>Records came.</summary>
    public void Push(ConsumeRecords message)
    {
        lock (gate)
        {
            if (attachment is null)
            {
                return;
            }

            var first = 0;
            if (message.Records.Count > 0)
            {
                attachment.Delivered = message.Records[^1].SequenceNumber;
                while (first < message.Records.Count && RecordPosition.Compare(message.Records[first].SequenceNumber, queued) <= 0)
                {
                    first++;
                }

                queued = first < message.Records.Count ? attachment.Delivered : queued;
                Change();
            }

            var item = new QueuedRecords(message, first, attachment);
            if (isClosed || (first == message.Records.Count && first > 0))
            {
                item.GiveCreditBack();
            }
            else if (message.Records.Count > 0 || queue.Reader.Count == 0)
            {
                queue.Writer.TryWrite(item);
            }
        }
    }

    /// <summary>The shard has ended: all its records came.</summary>
    public void End()
    {
        lock (gate)
        {
            if (attachment is null)
            {
                return;
            }

            attachment.HasEnded = true;
            Change();
            if (!hasQueuedEnd && !isClosed)
            {
                hasQueuedEnd = true;
                queue.Writer.TryWrite(new QueuedRecords(null, 0, attachment));
            }
        }
    }

    /// <summary>The lease is wanted back.</summary>
    public void AskFor() => interrupted.Cancel();

    /// <summary>The lease is another's, or is to be let go at once.</summary>
    public void Lose(string reason)
    {
        lock (gate)
        {
            if (isClosed || lost.IsCancellationRequested)
            {
                return;
            }

            LossReason = reason;
            expiry?.Dispose();
            expiry = null;
        }

        lost.Cancel();
        interrupted.Cancel();
        lock (gate)
        {
            Change();
        }
    }

    /// <summary>What comes next for the processor; null when the lease is lost or asked for.</summary>
    public async ValueTask<QueuedRecords?> NextAsync()
    {
        try
        {
            return await queue.Reader.ReadAsync(interrupted.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The call in which a checkpoint can be made, when there is one.</summary>
    /// <exception cref="OperationCanceledException">The lease is lost, or the caller gave up.</exception>
    public async Task<Attachment> TakesAsync(ConsumeCheckpoint checkpoint, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                cancellation.ThrowIfCancellationRequested();
                if (attachment is { } present && present.Takes(checkpoint))
                {
                    return present;
                }

                next = changed.Task;
            }

            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>The processor is done. Gives the lease back where it is held still, and the credit of what was not processed.</summary>
    /// <param name="mustRelease">It is neither lost nor at its end.</param>
    public void Close(bool mustRelease)
    {
        Attachment? last;
        lock (gate)
        {
            isClosed = true;
            expiry?.Dispose();
            last = attachment;
        }

        while (queue.Reader.TryRead(out var item))
        {
            item.GiveCreditBack();
        }

        if (mustRelease && last is not null)
        {
            last.Link.Send(new ConsumeRequest { Release = new ConsumeRelease { LeaseId = last.LeaseId } });
        }
    }

    private void Expire(TimeSpan within)
    {
        expiry?.Dispose();
        expiry = isClosed ? null : time.CreateTimer(
            static slot => ((LeaseSlot)slot!).Lose("It was not granted again within the fail-over time."), this, within, Timeout.InfiniteTimeSpan);
    }

    private void Change()
    {
        var waiters = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiters.TrySetResult();
    }
}
