namespace Broker.Tests.Simulation;

/// <summary>One thread and one seed: every continuation is a step, and the seed picks which of those that are ready comes next.</summary>
/// <remarks>Time stands still while anything is ready, then jumps to the next timer. What a test awaits must be awaited inside <see cref="Run"/>.</remarks>
internal sealed class SimScheduler(int seed) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> ready = [];
    private readonly Random random = new(seed);

    public SimTime Time { get; } = new();

    /// <summary>For the workload's and the device's own choices: the same seed gives the same ones.</summary>
    public Random Random { get; } = new(seed ^ 0x5EED);

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (ready)
        {
            ready.Add((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Goes on at a later step, in whatever order the seed says.</summary>
    public Task StepAsync()
    {
        var step = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(_ => step.SetResult(), null);
        return step.Task;
    }

    /// <summary>Runs until the task ends.</summary>
    /// <exception cref="InvalidOperationException">Nothing is ready and no timer runs: a deadlock, or work that left the scheduler.</exception>
    public T Run<T>(Func<Task<T>> start)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = start();
            while (!task.IsCompleted)
            {
                if (!Step() && !Time.Advance())
                {
                    throw new InvalidOperationException($"The simulation stands still after {Steps} steps.");
                }
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Forgets everything that is ready and every timer: the process died.</summary>
    public void Kill()
    {
        lock (ready)
        {
            ready.Clear();
        }

        Time.Clear();
    }

    private bool Step()
    {
        (SendOrPostCallback Callback, object? State) step;
        lock (ready)
        {
            if (ready.Count == 0)
            {
                return false;
            }

            var index = random.Next(ready.Count);
            step = ready[index];
            ready.RemoveAt(index);
        }

        Steps++;
        step.Callback(step.State);
        return true;
    }
}
