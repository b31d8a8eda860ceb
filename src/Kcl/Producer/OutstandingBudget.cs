namespace Broker.Kcl.Producer;

/// <summary>Bounds what is taken and not acknowledged yet; who finds no room waits, first come first served.</summary>
/// <remarks>Records and bytes are one number, so that taking costs one atomic addition. From any thread.</remarks>
internal sealed class OutstandingBudget(long maxBytes, int maxRecords)
{
    public const int MaxRecordsBound = (1 << RecordBits) / 2;
    public const long MaxBytesBound = 1L << 38;
    private const int RecordBits = 24;
    private const long RecordMask = (1L << RecordBits) - 1;
    private readonly Lock gate = new();
    private readonly LinkedList<(long Cost, TaskCompletionSource Taken)> waiters = new();
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
            node = waiters.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            Interlocked.Increment(ref waiting);
        }

        WakeWaiters();
        await using var registration = cancellation.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), node.Value.Taken);
        try
        {
            await node.Value.Taken.Task;
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
                Interlocked.Decrement(ref waiting);
                if (!first.Value.Taken.TrySetResult())
                {
                    // It gave up in this moment.
                    Interlocked.Add(ref taken, -Packed(1, first.Value.Cost));
                }
            }
        }
    }
}
