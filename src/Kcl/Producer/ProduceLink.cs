using System.Diagnostics;
using System.Threading.Channels;
using Broker.Kcl.Connection;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProduceCall = Grpc.Core.AsyncDuplexStreamingCall<Broker.Kcl.Producer.ProduceFrame, Broker.V1.ProduceResponse>;

namespace Broker.Kcl.Producer;

/// <summary>A producer's session with the broker: numbers batches, sends them, and sends them again until they have their answer.</summary>
/// <remarks>
/// One loop writes and one reads. A batch keeps its number however often it is sent, so that the broker takes it once; after a connection
/// was lost all that are pending go first, in their order.
/// </remarks>
internal sealed partial class ProduceLink : IAsyncDisposable
{
    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);
    private readonly BrokerProducerOptions options;
    private readonly Gateways gateways;
    private readonly IBatchOutcomes outcomes;
    private readonly ProducerMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly RetryPause pause;
    private readonly ProduceOpen open;
    private readonly PendingBatches pending = new();
    private readonly Channel<object> work = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<Lane> parked = [];
    private readonly CancellationTokenSource closing = new();
    private Task running = Task.CompletedTask;
    private volatile ProduceCall? current;
    private volatile bool isCompleting;

    public ProduceLink(
        BrokerProducerOptions options, Gateways gateways, IBatchOutcomes outcomes, ProducerMetrics metrics, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.gateways = gateways;
        this.outcomes = outcomes;
        this.metrics = metrics;
        this.time = time;
        this.logger = logger;
        pause = new RetryPause(options);
        open = new ProduceOpen { StreamName = options.StreamName, ProducerId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), ProducerEpoch = 1 };
    }

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Takes note that a lane has a batch to send.</summary>
    public void Enqueue(Lane lane) => work.Writer.TryWrite(lane);

    /// <summary>Ends batches that were sent and whose records were all taken before a time.</summary>
    public void Expire(long before)
    {
        foreach (var batch in pending.InOrder())
        {
            if (batch.LastAt < before)
            {
                Break(batch, PutErrorCode.Expired, $"The records' time to live of {options.RecordTimeToLive} ended without an answer.", mayBeStored: true);
            }
        }
    }

    /// <summary>Ends the session in order when nothing is pending; what is fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (current is { } call && pending.InOrder().Length == 0)
        {
            try
            {
                isCompleting = true;
                await call.RequestStream.CompleteAsync();
                await running.WaitAsync(ProduceCalls.EndPatience, time);
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException or TimeoutException or IOException or OperationCanceledException)
            {
                LogEnd(logger, e.Message);
            }
        }

        await closing.CancelAsync();
        await running;
        closing.Dispose();
        BreakPending(PutErrorCode.Disposed, "The producer was disposed of.");
    }

    private async Task RunAsync()
    {
        var losses = 0;
        while (!closing.IsCancellationRequested && !isCompleting)
        {
            try
            {
                var (call, _) = await ProduceCalls.OpenAsync(
                    gateways.Current.Invoker, open, options.CompressionEnabled, options.RequestTimeout, time, closing.Token, closing.Token);
                losses = 0;
                LogConnected(logger, options.StreamName);
                current = call;
                await ProduceCalls.RunAsync(call, stop => ReceiveAsync(call, stop), stop => SendAsync(call, stop), () => current = null, time, closing.Token);
            }
            catch (Exception) when (closing.IsCancellationRequested || isCompleting)
            {
                return;
            }
            catch (Exception e)
            {
                losses++;
                Lost(e);
            }

            try
            {
                await Task.Delay(pause.After(Math.Max(1, losses)), time, closing.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Lost(Exception exception)
    {
        var code = RpcFaults.CodeOf(exception);
        var message = RpcFaults.MessageOf(exception);
        if (!RpcFaults.IsTransient(exception))
        {
            // Whoever put what is broken is told; where nobody waits, the log is.
            var pendingBatches = pending.InOrder().Length;
            BreakPending(code, message);
            if (outcomes.BreakAll(code, message) + pendingBatches == 0)
            {
                LogLost(logger, options.StreamName, code, message);
            }

            return;
        }

        LogLost(logger, options.StreamName, code, message);
        foreach (var batch in pending.InOrder())
        {
            NoteAttempt(batch, code, message);
        }

        gateways.MoveOn();
    }

    private async Task SendAsync(ProduceCall call, CancellationToken cancellation)
    {
        foreach (var batch in pending.InOrder())
        {
            if (!batch.IsPaused && pending.BeginSend(batch, time.GetTimestamp()))
            {
                await WriteAsync(call, batch, null, cancellation);
            }
        }

        Batch? next = null;
        while (true)
        {
            if ((next ?? TakeNext()) is not { } batch)
            {
                await work.Reader.WaitToReadAsync(cancellation);
                continue;
            }

            // What follows at once goes out with it, in as few packets as it fits.
            next = TakeNext();
            await WriteAsync(call, batch, next is null ? null : Buffered, cancellation);
        }
    }

    private async ValueTask WriteAsync(ProduceCall call, Batch batch, WriteOptions? how, CancellationToken cancellation)
    {
        try
        {
            call.RequestStream.WriteOptions = how;
            await ProduceCalls.WriteAsync(call, ProduceFrame.Batch(batch.Number, batch.Records, TraceParentOf(batch)), cancellation);
        }
        finally
        {
            pending.EndSend(batch);
        }
    }

    /// <summary>Takes the next batch that may go out, numbered and to be written whatever happens to it; null when there is none.</summary>
    private Batch? TakeNext()
    {
        while (work.Reader.TryRead(out var item))
        {
            if (item is Batch again)
            {
                if (again.IsDue && pending.BeginSend(again, time.GetTimestamp()))
                {
                    return again;
                }

                continue;
            }

            var lane = (Lane)item;
            if (!pending.HasRoom)
            {
                lock (parked)
                {
                    parked.Add(lane);
                }

                if (pending.HasRoom)
                {
                    Unpark();
                }

                continue;
            }

            if (lane.TakeNext() is { } batch)
            {
                var now = time.GetTimestamp();
                pending.Add(batch);
                metrics.Sent(batch, time.GetElapsedTime(batch.FirstAt, now));
                batch.Activity = ProducerMetrics.Activities.StartActivity("produce", ActivityKind.Producer)
                    ?.AddTag("stream", options.StreamName).AddTag("batch", batch.Number).AddTag("records", batch.PromiseCount);
                if (pending.BeginSend(batch, now))
                {
                    return batch;
                }
            }
        }

        return null;
    }

    /// <summary>Of a batch whose trace is kept: the broker goes on with it.</summary>
    private static string TraceParentOf(Batch batch) => batch.Activity is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";

    private void Unpark()
    {
        lock (parked)
        {
            foreach (var lane in parked)
            {
                Enqueue(lane);
            }

            parked.Clear();
        }
    }

    private async Task ReceiveAsync(ProduceCall call, CancellationToken cancellation)
    {
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            if (call.ResponseStream.Current.Ack is { } ack && pending.TryGet(ack.BatchNumber, out var batch))
            {
                Take(batch, ack);
                Unpark();
            }
        }
    }

    private void Take(Batch batch, ProduceAck ack)
    {
        if (ack.ErrorCode.Length == 0)
        {
            if (pending.TryRemove(batch))
            {
                NoteAttempt(batch, null, null);
                batch.Activity?.Dispose();
                outcomes.Keep(batch, ack);
                pending.Release(batch);
            }

            return;
        }

        NoteAttempt(batch, ack.ErrorCode, ack.ErrorMessage);
        if (ack.ErrorCode == PutErrorCode.Throttled && options.FailIfThrottled)
        {
            Break(batch, ack.ErrorCode, ack.ErrorMessage, mayBeStored: true);
        }
        else if (ack.RetryAfter is { } retryAfter)
        {
            pending.Pause(batch);
            _ = SendAgainAsync(batch, pause.After(batch.AttemptCount, retryAfter.ToTimeSpan()));
        }
        else
        {
            // What is malformed is refused as a whole, each time and before anything of it is stored.
            Break(batch, ack.ErrorCode, ack.ErrorMessage, mayBeStored: ack.ErrorCode != "INVALID_ARGUMENT");
        }
    }

    private async Task SendAgainAsync(Batch batch, TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, time, closing.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (pending.MarkDue(batch))
        {
            work.Writer.TryWrite(batch);
        }
    }

    private void NoteAttempt(Batch batch, string? code, string? message)
    {
        if (batch.TryEndAttempt(time, code, message) && code is not null)
        {
            metrics.Retried(code);
        }
    }

    private void Break(Batch batch, string code, string message, bool mayBeStored)
    {
        if (pending.TryRemove(batch))
        {
            batch.Activity?.SetStatus(ActivityStatusCode.Error, code).Dispose();
            outcomes.Break(batch, code, message, mayBeStored && batch.SentAt != 0);
            pending.Release(batch);
        }
    }

    private void BreakPending(string code, string message)
    {
        foreach (var batch in pending.InOrder())
        {
            Break(batch, code, message, mayBeStored: true);
        }

        Unpark();
    }
}
