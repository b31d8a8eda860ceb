namespace Broker.Gateway.Appending;

/// <summary>Bytes that may be in flight at once. Thread-safe. One holder that is larger than the bound is let in when nothing else is.</summary>
public sealed class InFlightBudget(long maxBytes)
{
    private readonly Lock sync = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Admitted)> waiting = new();
    private long used;

    public long UsedBytes
    {
        get
        {
            lock (sync)
            {
                return used;
            }
        }
    }

    /// <returns>False where the bytes do not fit now.</returns>
    public bool TryAcquire(long bytes)
    {
        lock (sync)
        {
            if (waiting.Count > 0 || !Fits(bytes))
            {
                return false;
            }

            used += bytes;
            return true;
        }
    }

    /// <summary>Waits for room, first come first served. A wait that is cancelled holds nothing.</summary>
    public async ValueTask AcquireAsync(long bytes, CancellationToken cancellation)
    {
        if (TryAcquire(bytes))
        {
            return;
        }

        var admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (sync)
        {
            waiting.Enqueue((bytes, admitted));
        }

        Release(0);
        await using var registration = cancellation.UnsafeRegister(
            static state => ((TaskCompletionSource)state!).TrySetCanceled(), admitted);
        await admitted.Task;
    }

    public void Release(long bytes)
    {
        lock (sync)
        {
            used -= bytes;
            while (waiting.TryPeek(out var next) && (next.Admitted.Task.IsCompleted || Fits(next.Bytes)))
            {
                waiting.Dequeue();
                used += next.Bytes;
                if (!next.Admitted.TrySetResult())
                {
                    used -= next.Bytes;
                }
            }
        }
    }

    private bool Fits(long bytes) => used == 0 || used + bytes <= maxBytes;
}
