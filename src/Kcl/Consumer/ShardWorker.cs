using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Broker.Kcl.Connection;
using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>Leads one processor through its lease. Runs on the pool; what comes for it waits in its <see cref="LeaseSlot"/>.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Disposed of at the end of its run.")]
internal sealed partial class ShardWorker(LeaseSlot slot, HashKeyRange range, ConsumerContext context)
{
    private readonly ShardCheckpointer checkpointer = new(slot, context);
    private readonly RecordUnpacker unpacker = new(range, slot.Lease.Checkpoint);
    private long behindMilliseconds;
    private bool hasFailed;

    private enum Ending
    {
        Lost,
        Failed,
        AskedFor,
        AtEnd,
    }

    public LeaseSlot Slot => slot;

    /// <summary>How far what was last given to the processor is behind the shard's newest record.</summary>
    public long BehindMilliseconds => Volatile.Read(ref behindMilliseconds);

    /// <summary>Complete when the processor is done and disposed of; never fails.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <param name="predecessor">The shard's processor before this one in the same process.</param>
    /// <param name="forget">Called at the end, before <see cref="Running"/> is complete.</param>
    public void Start(Task predecessor, Action forget) => Running = RunAsync(predecessor, forget);

    private async Task RunAsync(Task predecessor, Action forget)
    {
        await predecessor.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var lease = slot.Lease;
        IRecordProcessor? processor = null;
        var ending = Ending.AskedFor;
        var isInitialized = false;
        LogGranted(context.Logger, lease.ShardId, lease.StreamName, lease.Checkpoint);
        context.Metrics.LeaseEvent(lease, "granted");
        if (await CallAsync("Create", () => Make(ref processor)) && processor is not null)
        {
            isInitialized = await CallAsync(nameof(IRecordProcessor.InitializeAsync), () => processor.InitializeAsync(lease, slot.Lost));
            ending = isInitialized ? await WorkAsync(processor) : ending;
        }

        ending = slot.Lost.IsCancellationRequested ? Ending.Lost : hasFailed ? Ending.Failed : ending;
        if (isInitialized)
        {
            ending = await FinishAsync(processor!, ending);
        }

        slot.Close(mustRelease: ending != Ending.Lost && !checkpointer.HasEnded);
        Tell(ending);
        await DisposeAsync(processor);
        checkpointer.Dispose();
        forget();
    }

    private Task Make(ref IRecordProcessor? processor)
    {
        processor = context.Factory.Create(slot.Lease);
        return Task.CompletedTask;
    }

    private async Task<Ending> WorkAsync(IRecordProcessor processor)
    {
        while (await slot.NextAsync() is { } next)
        {
            if (slot.IsStale)
            {
                slot.Lose("This worker was silent for the fail-over time.");
                return Ending.Lost;
            }

            if (next.Message is not { } message)
            {
                return Ending.AtEnd;
            }

            if (!await ProcessAsync(processor, message, next.First))
            {
                next.GiveCreditBack();
                break;
            }

            if (context.Options.Retrieval == RetrievalMode.Polling && message.Records.Count > 0)
            {
                await Task.Delay(context.Options.IdleTimeBetweenReads, context.Time, slot.Interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            next.GiveCreditBack();
        }

        return slot.Lost.IsCancellationRequested ? Ending.Lost : Ending.AskedFor;
    }

    /// <summary>Gives a message to the processor; false when the lease ended before it was done.</summary>
    private async Task<bool> ProcessAsync(IRecordProcessor processor, ConsumeRecords message, int first)
    {
        Volatile.Write(ref behindMilliseconds, message.MillisBehindLatest);
        var at = first;
        do
        {
            var count = Math.Min(context.Options.MaxRecords, message.Records.Count - at);
            var records = unpacker.Unpack(message.Records, at, count);
            at += count;
            if (records.Count == 0 && !context.Options.ProcessEmptyBatches)
            {
                continue;
            }

            // What fails is not given: what is checkpointed then must not reach it.
            var given = checkpointer.Given;
            var whole = count > 0 ? new RecordPosition(message.Records[at - 1].SequenceNumber) : given;
            var batch = new RecordBatch(slot.Lease, records, TimeSpan.FromMilliseconds(message.MillisBehindLatest), checkpointer);
            if (!await CallAsync(nameof(IRecordProcessor.ProcessRecordsAsync), () => ProcessAsync(processor, batch, given, whole), canSkip: true))
            {
                return false;
            }

            checkpointer.Given = whole;
        }
        while (at < message.Records.Count && !slot.Interrupted.IsCancellationRequested);
        return at >= message.Records.Count;
    }

    private async Task ProcessAsync(IRecordProcessor processor, RecordBatch batch, RecordPosition? before, RecordPosition? whole)
    {
        using var activity = ConsumerMetrics.Activities.StartActivity($"process {batch.Lease.StreamName}", ActivityKind.Consumer);
        activity?.SetTag("application", batch.Lease.ApplicationName).SetTag("stream", batch.Lease.StreamName)
            .SetTag("shard", batch.Lease.ShardId).SetTag("records", batch.Records.Count);
        var started = context.Time.GetTimestamp();
        try
        {
            checkpointer.Given = whole;
            await processor.ProcessRecordsAsync(batch, slot.Lost);
        }
        catch (Exception e)
        {
            checkpointer.Given = before;
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }

        context.Metrics.Processed(batch.Lease, batch.Records.Count, batch.Records.Sum(record => (long)record.Data.Length), context.Time.GetElapsedTime(started));
    }

    /// <summary>Tells the processor how its lease ends; answers how it ended at last.</summary>
    private async Task<Ending> FinishAsync(IRecordProcessor processor, Ending ending)
    {
        switch (ending)
        {
            case Ending.AtEnd:
                checkpointer.IsAtEnd = true;
                if (await CallAsync(nameof(IRecordProcessor.ShardEndedAsync), () => processor.ShardEndedAsync(checkpointer, slot.Lost)))
                {
                    await CallAsync(nameof(IShardCheckpointer.CheckpointAsync), () => checkpointer.CheckpointAsync());
                }

                return slot.Lost.IsCancellationRequested && !checkpointer.HasEnded ? Ending.Lost : hasFailed ? Ending.Failed : ending;
            case Ending.AskedFor:
                await TryAsync(nameof(IRecordProcessor.ShutdownRequestedAsync), () => processor.ShutdownRequestedAsync(checkpointer, slot.Lost));
                return slot.Lost.IsCancellationRequested ? Ending.Lost : ending;
            default:
                await TryAsync(nameof(IRecordProcessor.LeaseLostAsync), processor.LeaseLostAsync);
                return ending;
        }
    }

    /// <summary>Calls the processor as often as the options say; false when the lease ended before it succeeded.</summary>
    private async Task<bool> CallAsync(string method, Func<Task> call, bool canSkip = false)
    {
        var backoff = new Backoff(context.Options.RetryDelay, context.Options.MaxRetryDelay, context.Time);
        while (!slot.Lost.IsCancellationRequested)
        {
            try
            {
                await call();
                return true;
            }
            catch (Exception e)
            {
                if (slot.Lost.IsCancellationRequested)
                {
                    return false;
                }

                context.Metrics.Failed(slot.Lease, e);
                var policy = context.Options.OnProcessorFailure;
                LogFailed(context.Logger, slot.Lease.ShardId, slot.Lease.StreamName, method, policy switch
                {
                    ProcessorFailure.Stop => "the consumer stops",
                    ProcessorFailure.Release => "its lease is given back",
                    ProcessorFailure.Skip when canSkip => "its records are skipped",
                    _ => "it is called again",
                }, e);
                if (policy == ProcessorFailure.Stop)
                {
                    context.Fail(slot.Lease, e);
                    return false;
                }

                if (policy == ProcessorFailure.Skip && canSkip)
                {
                    return true;
                }

                hasFailed = policy == ProcessorFailure.Release;
            }

            await backoff.PauseAsync(slot.Interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (hasFailed || slot.Interrupted.IsCancellationRequested)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Calls the processor once, for the last time.</summary>
    private async Task TryAsync(string method, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e)
        {
            context.Metrics.Failed(slot.Lease, e);
            LogFailed(context.Logger, slot.Lease.ShardId, slot.Lease.StreamName, method, "its lease ends all the same", e);
        }
    }

    private void Tell(Ending ending)
    {
        var lease = slot.Lease;
        switch (ending)
        {
            case Ending.Lost:
                LogLost(context.Logger, lease.ShardId, lease.StreamName, slot.LossReason);
                context.Metrics.LeaseEvent(lease, "lost");
                break;
            case Ending.AtEnd when checkpointer.HasEnded:
                LogEnded(context.Logger, lease.ShardId, lease.StreamName);
                context.Metrics.LeaseEvent(lease, "ended");
                break;
            default:
                LogReleased(context.Logger, lease.ShardId, lease.StreamName);
                context.Metrics.LeaseEvent(lease, "released");
                break;
        }
    }

    private async Task DisposeAsync(IRecordProcessor? processor)
    {
        await TryAsync("Dispose", async () =>
        {
            if (processor is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                (processor as IDisposable)?.Dispose();
            }
        });
    }
}
