namespace Broker.Cli.Bench;

/// <summary>Wakes its waiters every millisecond, from a thread of its own.</summary>
/// <remarks>The runtime's timers are only as fine as the kernel's coarse clock, 4 ms on many machines: too coarse to pace a load whose latency is measured.</remarks>
internal sealed class Ticker : IDisposable
{
    private readonly Thread thread;
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool stopped;

    public Ticker()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "ticker" };
        thread.Start();
    }

    /// <summary>Completes at the next tick.</summary>
    public Task NextAsync() => Volatile.Read(ref next).Task;

    public void Dispose()
    {
        stopped = true;
        thread.Join();
    }

    private void Run()
    {
        do
        {
            Thread.Sleep(1);
            Interlocked.Exchange(ref next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
        while (!stopped);

        // Whoever came for a tick after the last one is not left waiting.
        next.TrySetResult();
    }
}
