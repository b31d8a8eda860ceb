using Broker.Agent.Checkpoints;
using Broker.Agent.Configuration;
using Broker.Agent.Tailing;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Flows;

/// <summary>Takes the records of a flow from its files to its stream, and keeps how far it is.</summary>
/// <remarks>
/// <para>One loop does everything: it reads as long as not too much is under way, moves the checkpoints when records are durable, in the order
/// in which they were read, and makes them durable at most twice a second.</para>
/// <para>At least once: when a record fails, all under way is waited for, and the files are read again from the first that is not durable.</para>
/// </remarks>
internal sealed partial class FlowRunner : IRecordSink, IDisposable
{
    /// <summary>Records under way at most.</summary>
    public const int MaxPendingRecords = 10_000;

    /// <summary>Bytes of those.</summary>
    public const long MaxPendingBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan SaveInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);
    private readonly FlowConfiguration flow;
    private readonly TimeSpan timeToLive;
    private readonly IRecordTarget target;
    private readonly CheckpointStore store;
    private readonly AgentMetrics metrics;
    private readonly FlowStatus status;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly FlowTailer tailer;
    private readonly RecordShaping shaping;
    private readonly Queue<PendingRecord> pending = new();
    private long pendingBytes;
    private bool isDirty;
    private int savedChanges;
    private long lookedAt;
    private long forgottenAt;
    private int failures;

    public FlowRunner(
        FlowConfiguration flow, TimeSpan timeToLive, IRecordTarget target, CheckpointStore store, AgentMetrics metrics, TimeProvider time, ILogger logger)
    {
        this.flow = flow;
        this.timeToLive = timeToLive;
        this.target = target;
        this.store = store;
        this.metrics = metrics;
        this.time = time;
        this.logger = logger;
        status = metrics.StatusOf(flow);
        tailer = new FlowTailer(flow.Patterns, flow.Tail, time, logger);
        shaping = new RecordShaping(flow);
        forgottenAt = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public bool IsFull => pending.Count >= MaxPendingRecords || pendingBytes >= MaxPendingBytes;

    /// <summary>Runs until it is told to stop; then what was read is sent, and where the flow is is saved.</summary>
    /// <param name="stop">Ends the reading.</param>
    /// <param name="abandon">Ends the waiting for what was sent.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        try
        {
            Begin();
            while (!stop.IsCancellationRequested)
            {
                if (Settle() is { } failure)
                {
                    await StartOverAsync(failure, stop);
                    continue;
                }

                var hasProgress = !IsFull && tailer.Read(this);
                SaveIfDue();
                if (!hasProgress)
                {
                    await WaitAsync(stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It ends below.
        }

        try
        {
            await target.FlushAsync(abandon);
        }
        catch (OperationCanceledException)
        {
            LogAbandoned(logger, flow.FilePattern, pending.Count);
        }

        Settle();
        Save();
    }

    public void Dispose() => tailer.Dispose();

    /// <inheritdoc/>
    public void Take(in LogRecord record)
    {
        if (record.IsSkipped)
        {
            pending.Enqueue(new PendingRecord(record.File, record.End, 0, Task.CompletedTask));
            return;
        }

        if (!shaping.TryConvert(record.Data, out var data, out var fault))
        {
            metrics.Skipped.Add(1, status.Tags);
            pending.Enqueue(new PendingRecord(record.File, record.End, 0, Task.CompletedTask));
            return;
        }

        if (fault is not null)
        {
            metrics.Unconverted.Add(1, status.Tags);
            LogUnconverted(logger, record.File.Path, record.End, fault);
        }

        var key = shaping.KeyOf(data);
        if (shaping.TryCut(key, ref data))
        {
            metrics.Cut.Add(1, status.Tags);
            LogCut(logger, record.File.Path, record.End);
        }

        var bytes = data.Length + key.Length;
        pendingBytes += bytes;
        pending.Enqueue(new PendingRecord(record.File, record.End, bytes, target.PutAsync(key, data)));
    }

    private void Begin()
    {
        if (store.Find(flow.Id) is { } checkpoint)
        {
            tailer.Restore(checkpoint);
            return;
        }

        // Where it begins is durable before anything is read: a crash must not let it begin further on.
        tailer.Begin();
        store.Save(tailer.Checkpoint(flow.Id));
    }

    /// <summary>Moves the checkpoints over what is durable, up to the first record that is not.</summary>
    /// <returns>Why that one failed, if it did.</returns>
    private Exception? Settle()
    {
        var (records, bytes) = (0L, 0L);
        Exception? failure = null;
        while (pending.TryPeek(out var next) && next.Put.IsCompleted)
        {
            if (!next.Put.IsCompletedSuccessfully)
            {
                failure = next.Put.Exception?.GetBaseException() ?? new OperationCanceledException();
                break;
            }

            pending.Dequeue();
            next.File.Acknowledge(next.End);
            isDirty = true;
            records += next.Bytes > 0 ? 1 : 0;
            bytes += next.Bytes;
        }

        if (records > 0)
        {
            failures = 0;
            pendingBytes -= bytes;
            status.AddRecords(records);
            metrics.Records.Add(records, status.Tags);
            metrics.Bytes.Add(bytes, status.Tags);
        }

        return failure;
    }

    /// <summary>Waits for all that is under way, and goes back to the first record that is not durable.</summary>
    private async Task StartOverAsync(Exception failure, CancellationToken stop)
    {
        LogFailed(logger, flow.StreamName, pending.Count, failure.Message);
        metrics.Retries.Add(1, status.Tags);
        await Task.WhenAll(pending.Select(record => record.Put.ContinueWith(static _ => { }, TaskScheduler.Default))).WaitAsync(stop);
        pending.Clear();
        pendingBytes = 0;
        tailer.Rewind();
        var pause = flow.RetryInitial * Math.Pow(2, Math.Min(failures++, 20));
        await Task.Delay(pause < flow.RetryMost ? pause : flow.RetryMost, time, stop);
    }

    /// <summary>Waits until something may have come, or the oldest record has its outcome.</summary>
    private async Task WaitAsync(CancellationToken stop)
    {
        if (IsFull && pending.TryPeek(out var next))
        {
            await next.Put.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(stop);
        }
        else
        {
            await Task.Delay(flow.PollInterval, time, stop);
        }
    }

    private void SaveIfDue()
    {
        if (time.GetElapsedTime(lookedAt) < SaveInterval)
        {
            return;
        }

        lookedAt = time.GetTimestamp();
        status.Set(tailer.PathCount, pending.Count, tailer.BytesBehind);
        if (isDirty || tailer.Changes != savedChanges)
        {
            Save();
        }

        if (time.GetElapsedTime(forgottenAt) >= ForgetInterval)
        {
            forgottenAt = time.GetTimestamp();
            tailer.Forget(timeToLive);
        }
    }

    private void Save()
    {
        try
        {
            store.Save(tailer.Checkpoint(flow.Id));
            (isDirty, savedChanges) = (false, tailer.Changes);
        }
        catch (IOException e)
        {
            LogNotSaved(logger, e.Message);
        }
    }
}
