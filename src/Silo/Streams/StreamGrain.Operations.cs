using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <content>The loop that carries operations on until the stream is ACTIVE or gone.</content>
public sealed partial class StreamGrain
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private CancellationTokenSource pause = new();
    private Task work = Task.CompletedTask;
    private int scalingHolds;

    public async Task ResumeAsync()
    {
        await ChangeAsync(() => Task.CompletedTask);
        GoOn();
    }

    /// <summary>Sees to it that an unfinished operation is being worked on. The loop itself finds out whether there is one.</summary>
    private void GoOn()
    {
        if (work.IsCompleted && !stopping.IsCancellationRequested && (mustLoad || rows.Head is { Status: not StreamStatus.Active }))
        {
            work = WorkAsync();
        }
        else
        {
            pause.Cancel();
        }
    }

    private async Task WorkAsync()
    {
        // Leave the caller's turn: it answers when its intent is durable, not when the first step is done.
        await Task.Yield();
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                DelayDeactivation(TimeSpan.FromMinutes(10));
                if (!await StepAsync())
                {
                    return;
                }

                pause = FirstPause;
            }
            catch (Exception exception)
            {
                LogRetry(generation, pause, exception);
                _ = Translate(exception);
                await PauseAsync(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Does a part of what is unfinished.</summary>
    /// <returns>False when nothing is.</returns>
    private async Task<bool> StepAsync()
    {
        await ChangeAsync(() => Task.CompletedTask);
        switch (rows.Head?.Status)
        {
            case StreamStatus.Creating:
                await CreateStepAsync();
                return true;
            case StreamStatus.Updating:
                await ReshardStepAsync();
                return true;
            case StreamStatus.Deleting:
                await DeleteStepAsync();
                return false;
            default:
                return false;
        }
    }

    /// <summary>Waits until the broker's own operation is done, and holds back the next until it is disposed of: clients do not see them.</summary>
    private async Task<IDisposable> OwnWorkDoneAsync()
    {
        var hold = new ScalingHold(this);
        await scaling;
        if (rows.Head is { Status: StreamStatus.Updating, IsAutomatic: true })
        {
            GoOn();

            // One that cannot go on now is told as what it is: the stream is in use.
            await work.WaitAsync(LongestWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return hold;
    }

    private sealed class ScalingHold : IDisposable
    {
        private readonly StreamGrain stream;

        public ScalingHold(StreamGrain stream)
        {
            this.stream = stream;
            stream.scalingHolds++;
        }

        public void Dispose() => stream.scalingHolds--;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        this.pause.Dispose();
        this.pause = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        try
        {
            await Task.Delay(pause, time, this.pause.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping, or something new to do.
        }
    }
}
