namespace Broker.Silo.Storage.Postgres;

/// <summary>Answers asks in batches: those that come while one is on its way make the next. No timer; an ask that comes alone goes at once.</summary>
/// <remarks>
/// <para>
/// The batch that answers an ask began after it. One that fails fails its own asks and no others. One that is late, for its connection
/// hangs or its statement is held up, no longer keeps back those behind it, until <see cref="MaxFlights"/> are under way.
/// </para>
/// <para>
/// May be called from any thread; batches run on the pool. An ask whose caller gave up is left out of the batches to come. Equal asks may
/// share a batch.
/// </para>
/// </remarks>
/// <param name="answer">Answers a batch, in the order of its asks.</param>
/// <param name="maxAsks">Most asks in a batch.</param>
/// <param name="timeout">How long a caller waits at most.</param>
/// <param name="time">Of both waits.</param>
internal sealed class Coalescer<TAsk, TAnswer>(
    Func<IReadOnlyList<TAsk>, Task<IReadOnlyList<TAnswer>>> answer, int maxAsks, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Batches under way at once, all but one of them late.</summary>
    private const int MaxFlights = 4;

    private static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly Queue<Ask> waiting = new();
    private int flights;
    private int late;

    /// <exception cref="StorageException">There was no answer in time.</exception>
    public async ValueTask<TAnswer> AskAsync(TAsk what, CancellationToken cancellationToken)
    {
        var ask = new Ask(what);
        lock (gate)
        {
            waiting.Enqueue(ask);
            TakeOff();
        }

        try
        {
            return await ask.Task.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new StorageException(StorageFault.Device, $"PostgreSQL did not answer within {timeout}.", exception);
        }
        finally
        {
            ask.TrySetCanceled(cancellationToken);
        }
    }

    /// <summary>Begins a flight where none is under way that may soon be back. Called under the gate.</summary>
    private void TakeOff()
    {
        if (flights == late && flights < MaxFlights && waiting.Count > 0)
        {
            flights++;
            _ = FlyAsync();
        }
    }

    private async Task FlyAsync()
    {
        // A caller's scheduler, such as a grain's, is not what others wait for.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (Take() is { Count: > 0 } batch)
        {
            var run = RunAsync(batch);
            try
            {
                await run.WaitAsync(LateAfter, time);
            }
            catch (TimeoutException)
            {
                lock (gate)
                {
                    late++;
                    TakeOff();
                }

                await run;
                lock (gate)
                {
                    late--;
                    if (flights - late > 1)
                    {
                        flights--;
                        return;
                    }
                }
            }
        }
    }

    /// <summary>The next batch; where there is none, the flight has ended.</summary>
    private List<Ask> Take()
    {
        List<Ask> batch = [];
        lock (gate)
        {
            while (batch.Count < maxAsks && waiting.TryDequeue(out var ask))
            {
                if (!ask.Task.IsCompleted)
                {
                    batch.Add(ask);
                }
            }

            if (batch.Count == 0)
            {
                flights--;
            }
        }

        return batch;
    }

    private async Task RunAsync(List<Ask> batch)
    {
        try
        {
            var answers = await answer(batch.ConvertAll(ask => ask.What));
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].TrySetResult(answers[i]);
            }
        }
        catch (Exception exception)
        {
            batch.ForEach(ask => ask.TrySetException(exception));
        }
    }

    private sealed class Ask(TAsk what) : TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TAsk What { get; } = what;
    }
}
