namespace Broker.Kcl.Producer;

/// <summary>Bounds what is taken and not acknowledged yet; who finds no room waits, first come first served.</summary>
/// <remarks>
/// Records and bytes are one number, so that taking costs one atomic addition. From any thread. Those who waited go on one after another, each
/// until it waits for something else, and nobody who comes later goes before them: the order of puts is that of their records.
/// </remarks>
internal sealed class OutstandingBudget(long maxBytes, int maxRecords) : IThreadPoolWorkItem
{
    public const int MaxRecordsBound = (1 << RecordBits) / 2;
    public const long MaxBytesBound = 1L << 38;
    private const int RecordBits = 24;
    private const long RecordMask = (1L << RecordBits) - 1;
    private readonly Lock gate = new();
    private readonly LinkedList<(long Cost, TaskCompletionSource Taken)> waiters = new();
    private readonly Queue<(long Cost, TaskCompletionSource Taken)> woken = new();
    private bool isWaking;
    private long taken;
    private int waiting;

    public long Bytes => Interlocked.Read(ref taken) >> RecordBits;

    public long Records => Interlocked.Read(ref taken) & RecordMask;

    /// <summary>Takes room for a record, unless there is none or others wait. A record larger than all room is taken when it is alone.</summary>
    public bool TryTake(long bytes)
    {
        if (Volatile.Read(ref waiting) > 0)
        {
            return false;
        }

        if (TryAdd(bytes))
        {
            return true;
        }

        // Somebody who looked meanwhile may have found no room because of this attempt alone.
        WakeWaiters();
        return false;
    }

    /// <summary>Takes room, waiting for it as long as it takes.</summary>
    public async Task TakeAsync(long bytes, CancellationToken cancellation)
    {
        LinkedListNode<(long, TaskCompletionSource Taken)> node;
        lock (gate)
        {
            node = waiters.AddLast((bytes, new TaskCompletionSource()));
            Interlocked.Increment(ref waiting);
        }

        WakeWaiters();
        using var registration = cancellation.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), node.Value.Taken);
        try
        {
            // Where a caller has a context of its own, it is not to be asked for its turn: others wait behind this one.
            await node.Value.Taken.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (gate)
            {
                if (node.List is not null)
                {
                    waiters.Remove(node);
                    Interlocked.Decrement(ref waiting);
                }
            }

            WakeWaiters();
            throw;
        }
    }

    /// <summary>Takes room whether there is any or not: for a record that had room before.</summary>
    public void Take(long bytes) => Interlocked.Add(ref taken, Packed(1, bytes));

    public void Release(int records, long bytes)
    {
        Interlocked.Add(ref taken, -Packed(records, bytes));
        if (Volatile.Read(ref waiting) > 0)
        {
            WakeWaiters();
        }
    }

    private static long Packed(int records, long bytes) => (bytes << RecordBits) + records;

    private bool TryAdd(long bytes)
    {
        var all = Interlocked.Add(ref taken, Packed(1, bytes));
        var records = all & RecordMask;
        if (records <= maxRecords && (all >> RecordBits <= maxBytes || records == 1))
        {
            return true;
        }

        Interlocked.Add(ref taken, -Packed(1, bytes));
        return false;
    }

    private void WakeWaiters()
    {
        lock (gate)
        {
            while (waiters.First is { } first && TryAdd(first.Value.Cost))
            {
                waiters.RemoveFirst();
                woken.Enqueue(first.Value);
            }

            if (woken.Count > 0 && !isWaking)
            {
                isWaking = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }

    /// <summary>Lets those go on who have room now, in their order; each counts as waiting until it did.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            (long Cost, TaskCompletionSource Taken) next;
            lock (gate)
            {
                if (!woken.TryDequeue(out next))
                {
                    isWaking = false;
                    return;
                }
            }

            var isTaken = next.Taken.TrySetResult();
            Interlocked.Decrement(ref waiting);
            if (!isTaken)
            {
                // It gave up in this moment.
                Interlocked.Add(ref taken, -Packed(1, next.Cost));
                WakeWaiters();
            }
        }
    }
}
