using Broker.Kcl.Connection;
using Broker.Kcl.Producer;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using ProduceCall = Grpc.Core.AsyncDuplexStreamingCall<Broker.Kcl.Producer.ProduceFrame, Broker.V1.ProduceResponse>;

namespace Broker.Cli.Client;

/// <summary>
/// Puts batches, pipelined and each once: keeps them until acknowledged, and sends them again under their numbers when the
/// connection breaks or the broker asks for it.
/// </summary>
/// <remarks>
/// One caller sends at a time; acknowledgements come on the thread pool. Batches go out in the order of their numbers; while a
/// refused one waits, no later one is begun, so that refusals reorder no more than what was in flight.
/// </remarks>
internal sealed class ProducerSession : IAsyncDisposable
{
    private readonly CallInvoker invoker;
    private readonly ProduceOpen open;
    private readonly ProducerOptions options;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private readonly Dictionary<ulong, ProduceTicket> pending = [];
    private readonly PriorityQueue<ProduceTicket, ulong> toSend = new();
    private readonly SemaphoreSlim work = new(0);
    private SemaphoreSlim slots = new(1);
    private Task running = Task.CompletedTask;
    private (ProduceCall Call, TaskCompletionSource Ended)? current;
    private Exception? fault;
    private ulong lastNumber;
    private volatile bool isCompleting;

    private ProducerSession(CallInvoker invoker, string stream, ProducerOptions options, TimeProvider time)
    {
        this.invoker = invoker;
        this.options = options;
        this.time = time;
        open = new ProduceOpen { StreamName = stream, ProducerId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), ProducerEpoch = 1 };
    }

    /// <summary>Connects and opens; the first attempt's failure is the caller's.</summary>
    /// <exception cref="RpcException">The broker refuses, or is not there.</exception>
    public static async Task<ProducerSession> OpenAsync(
        CallInvoker invoker, string stream, ProducerOptions options, CancellationToken cancellation, TimeProvider? time = null)
    {
        var session = new ProducerSession(invoker, stream, options, time ?? TimeProvider.System);
        var (call, opened) = await session.ConnectAsync(cancellation);
        session.slots = new SemaphoreSlim(Math.Clamp((int)opened.MaxInFlightBatches, 1, options.MaxInFlightBatches));
        session.running = Task.Run(() => session.RunAsync(call), CancellationToken.None);
        return session;
    }

    /// <summary>Takes a batch; waits while as many as may be are in flight.</summary>
    /// <param name="records">As <see cref="BatchBuilder"/> makes them; kept until acknowledged.</param>
    /// <param name="recordCount">How many.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async ValueTask<ProduceTicket> SendAsync(ReadOnlyMemory<byte> records, int recordCount, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        lock (gate)
        {
            if (fault is not null)
            {
                slots.Release();
                throw fault;
            }

            var ticket = new ProduceTicket(++lastNumber, records, recordCount);
            pending.Add(ticket.Number, ticket);
            toSend.Enqueue(ticket, ticket.Number);
            work.Release();
            return ticket;
        }
    }

    /// <summary>Waits until every batch sent so far is dealt with.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        Task[] open;
        lock (gate)
        {
            open = [.. pending.Values.Select(ticket => ticket.Acknowledged)];
        }

        await Task.WhenAll(open).WaitAsync(cancellation);
    }

    /// <summary>Ends the session; batches not acknowledged yet fail. With none left it ends it in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await CompleteAsync();
        await closing.CancelAsync();
        await running;
        closing.Dispose();
    }

    private async Task CompleteAsync()
    {
        TaskCompletionSource? ended = null;
        ProduceCall? call = null;
        lock (gate)
        {
            if (pending.Count == 0 && current is { } open)
            {
                (call, ended) = open;
            }
        }

        try
        {
            if (call is not null)
            {
                isCompleting = true;
                await call.RequestStream.CompleteAsync();
                await ended!.Task.WaitAsync(TimeSpan.FromSeconds(1), time);
            }
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or TimeoutException or IOException or OperationCanceledException)
        {
            // The call is over, or its end takes too long: cancelling ends it.
        }
    }

    private Task<(ProduceCall Call, ProduceOpened Opened)> ConnectAsync(CancellationToken cancellation) =>
        ProduceCalls.OpenAsync(invoker, open, isCompressed: false, options.OpenTimeout, time, closing.Token, cancellation);

    private async Task RunAsync(ProduceCall? call)
    {
        var backoff = Backoff.ForConnecting(time);
        var lostAt = time.GetTimestamp();
        try
        {
            while (true)
            {
                try
                {
                    call ??= (await ConnectAsync(closing.Token)).Call;
                    backoff.Reset();
                    lostAt = long.MaxValue;
                    await PumpAsync(call);
                }
                catch (Exception e) when (!isCompleting && !closing.IsCancellationRequested && RpcFaults.IsTransient(e))
                {
                    lostAt = lostAt == long.MaxValue ? time.GetTimestamp() : lostAt;
                    options.Disconnected?.Invoke(e);
                    if (time.GetElapsedTime(lostAt) > options.ReconnectFor)
                    {
                        throw;
                    }
                }

                call?.Dispose();
                call = null;
                await backoff.PauseAsync(closing.Token);
                SendAllAgain();
            }
        }
        catch (Exception e)
        {
            call?.Dispose();
            Fail(e);
        }
    }

    private async Task PumpAsync(ProduceCall call)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            current = (call, over);
        }

        await ProduceCalls.RunAsync(call, stop => ReceiveAsync(call, stop), stop => SendPendingAsync(call, stop), Ended, time, closing.Token);

        void Ended()
        {
            lock (gate)
            {
                current = null;
            }

            over.TrySetResult();
        }
    }

    private async Task SendPendingAsync(ProduceCall call, CancellationToken cancellation)
    {
        while (true)
        {
            await work.WaitAsync(cancellation);
            while (NextToSend(out var wait) is { } ticket)
            {
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, cancellation);
                }

                await ProduceCalls.WriteAsync(call, ticket.Frame, cancellation);
            }
        }
    }

    private ProduceTicket? NextToSend(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        lock (gate)
        {
            while (toSend.TryDequeue(out var ticket, out _))
            {
                if (pending.ContainsKey(ticket.Number))
                {
                    var now = time.GetTimestamp();
                    wait = ticket.NotBefore > now ? time.GetElapsedTime(now, ticket.NotBefore) : TimeSpan.Zero;
                    return ticket;
                }
            }

            return null;
        }
    }

    private async Task ReceiveAsync(ProduceCall call, CancellationToken cancellation)
    {
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            if (call.ResponseStream.Current.Ack is { } ack)
            {
                Take(ack);
            }
        }
    }

    private void Take(ProduceAck ack)
    {
        lock (gate)
        {
            if (!pending.TryGetValue(ack.BatchNumber, out var ticket))
            {
                return;
            }

            if (ack.ErrorCode.Length > 0 && ack.RetryAfter is { } retryAfter)
            {
                var pause = (long)(retryAfter.ToTimeSpan().TotalSeconds * time.TimestampFrequency);
                ticket.Refuse(time.GetTimestamp() + pause);
                toSend.Enqueue(ticket, ticket.Number);
                work.Release();
                return;
            }

            pending.Remove(ack.BatchNumber);
            ticket.Complete(ack);
        }

        slots.Release();
    }

    private void SendAllAgain()
    {
        lock (gate)
        {
            toSend.Clear();
            foreach (var ticket in pending.Values)
            {
                toSend.Enqueue(ticket, ticket.Number);
            }

            work.Release();
        }
    }

    private void Fail(Exception exception)
    {
        ProduceTicket[] open;
        lock (gate)
        {
            fault = exception is OperationCanceledException ? new OperationCanceledException("The session is closed.", exception) : exception;
            open = [.. pending.Values];
            pending.Clear();
        }

        foreach (var ticket in open)
        {
            ticket.Fail(fault);
        }

        // Whoever waits for a slot, and whoever comes later, learns of the fault.
        slots.Release(Math.Max(1, open.Length));
    }
}
