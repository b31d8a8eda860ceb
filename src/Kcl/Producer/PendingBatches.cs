using System.Diagnostics.CodeAnalysis;

namespace Broker.Kcl.Producer;

/// <summary>The batches that have a number and no last word yet. From any thread.</summary>
/// <remarks>
/// Those that were refused for the moment do not count against the bound: a shard that is held back holds back no other. A number that
/// waits while its shard is merged into a busier one may fall out of the window in which the shard recognises repeats; then the broker
/// says so, and the records fail as ones that may be stored.
/// </remarks>
internal sealed class PendingBatches
{
    /// <summary>Batches in flight at once; well below what a session of the broker's takes.</summary>
    private const int MaxInFlight = 256;
    private readonly Lock gate = new();
    private readonly SortedDictionary<ulong, Batch> batches = [];
    private ulong lastNumber;
    private int paused;

    /// <summary>Whether one more batch can go out now.</summary>
    public bool HasRoom
    {
        get
        {
            lock (gate)
            {
                return batches.Count - paused < MaxInFlight;
            }
        }
    }

    /// <summary>Gives a batch the next number.</summary>
    public void Add(Batch batch)
    {
        lock (gate)
        {
            batch.Number = ++lastNumber;
            batch.IsPending = true;
            batches.Add(batch.Number, batch);
        }
    }

    /// <summary>Notes that a batch was refused for the moment.</summary>
    public void Pause(Batch batch)
    {
        lock (gate)
        {
            if (batch.IsPending && !batch.IsPaused)
            {
                batch.IsPaused = true;
                paused++;
            }
        }
    }

    /// <summary>Marks a paused batch as one to be sent again; false when it has its last word.</summary>
    public bool MarkDue(Batch batch)
    {
        lock (gate)
        {
            Resume(batch);
            return batch.IsDue = batch.IsPending;
        }
    }

    /// <summary>Begins to write a batch, whose bytes stay until <see cref="EndSend"/>; false when it has its last word.</summary>
    public bool BeginSend(Batch batch, long now)
    {
        lock (gate)
        {
            if (!batch.IsPending)
            {
                return false;
            }

            Resume(batch);
            batch.IsDue = false;
            batch.IsSending = true;
            batch.BeginAttempt(now);
            return true;
        }
    }

    public void EndSend(Batch batch)
    {
        lock (gate)
        {
            batch.IsSending = false;
            if (!batch.IsPending)
            {
                batch.Recycle();
            }
        }
    }

    public bool TryGet(ulong number, [NotNullWhen(true)] out Batch? batch)
    {
        lock (gate)
        {
            return batches.TryGetValue(number, out batch);
        }
    }

    /// <summary>Ends a batch; false when somebody else did. Who gets true settles it and then calls <see cref="Release"/>.</summary>
    public bool TryRemove(Batch batch)
    {
        lock (gate)
        {
            if (!batch.IsPending)
            {
                return false;
            }

            Resume(batch);
            batches.Remove(batch.Number);
            batch.IsPending = false;
            return true;
        }
    }

    /// <summary>Lets the bytes of a batch that was removed go, now or when they are written.</summary>
    public void Release(Batch batch)
    {
        lock (gate)
        {
            if (!batch.IsSending)
            {
                batch.Recycle();
            }
        }
    }

    /// <summary>All of them in the order of their numbers.</summary>
    public Batch[] InOrder()
    {
        lock (gate)
        {
            return [.. batches.Values];
        }
    }

    private void Resume(Batch batch)
    {
        if (batch.IsPaused)
        {
            batch.IsPaused = false;
            paused--;
        }
    }
}
