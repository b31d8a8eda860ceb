namespace Broker.Gateway.Groups;

/// <summary>How many bytes a worker lets be pushed. Thread-safe.</summary>
/// <remarks>What is above 0 lets one message through, however large; what it takes too much is owed.</remarks>
internal sealed class ConsumeCredit(long bytes)
{
    /// <summary>More than a worker may have at once.</summary>
    public const long MaxBytes = 1L << 40;

    private readonly Lock sync = new();
    private TaskCompletionSource given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long rest = bytes;

    public void Give(long more)
    {
        TaskCompletionSource waiters;
        lock (sync)
        {
            rest = Math.Min(MaxBytes, rest + more);
            waiters = given;
            given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        waiters.TrySetResult();
    }

    /// <summary>Waits until there is some, and leaves it.</summary>
    public ValueTask WaitAsync(CancellationToken cancellation) => TakeAsync(0, cancellation);

    public async ValueTask TakeAsync(long taken, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (sync)
            {
                if (rest > 0)
                {
                    rest -= taken;
                    return;
                }

                next = given.Task;
            }

            await next.WaitAsync(cancellation);
        }
    }
}
