namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>One thread that does blocking device work in order: on a small machine the thread pool would starve on it.</summary>
internal sealed class DeviceThread : IDisposable
{
    private readonly Queue<Work> queue = new();
    private readonly Thread thread;
    private bool stopping;

    public DeviceThread(string name)
    {
        thread = new Thread(Run) { Name = name, IsBackground = true };
        thread.Start();
    }

    /// <summary>Environment.TickCount64 when work was last begun or ended.</summary>
    public long LastActive { get; private set; }

    /// <summary>Does the work after all that was asked for before; its exception becomes the task's.</summary>
    public Task DoAsync(Action action)
    {
        var work = new Work(action);
        lock (queue)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            queue.Enqueue(work);
            Monitor.Pulse(queue);
        }

        return work.Task;
    }

    /// <inheritdoc cref="DoAsync(Action)"/>
    public async Task<T> DoAsync<T>(Func<T> function)
    {
        T result = default!;
        await DoAsync(() => { result = function(); });
        return result;
    }

    /// <summary>Ends the thread after the work that is queued.</summary>
    public void Dispose()
    {
        lock (queue)
        {
            stopping = true;
            Monitor.Pulse(queue);
        }

        thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            Work? work;
            lock (queue)
            {
                while (!queue.TryDequeue(out work))
                {
                    if (stopping)
                    {
                        return;
                    }

                    Monitor.Wait(queue);
                }
            }

            LastActive = Environment.TickCount64;
            work.Do();
            LastActive = Environment.TickCount64;
        }
    }

    private sealed class Work(Action action) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void Do()
        {
            try
            {
                action();
                SetResult();
            }
            catch (Exception exception)
            {
                SetException(exception);
            }
        }
    }
}
