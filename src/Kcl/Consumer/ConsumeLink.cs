using System.Collections.Concurrent;
using System.Threading.Channels;
using Broker.V1;
using Grpc.Core;

namespace Broker.Kcl.Consumer;

/// <summary>One Consume call: what is to be said goes out in order, one message at a time. Thread-safe but for reading.</summary>
/// <remarks>What is queued is bounded by what it answers: credit by what was pushed, checkpoints by one a shard, one report at a time.</remarks>
internal sealed class ConsumeLink : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ConsumeRequest, ConsumeResponse> call;
    private readonly TimeProvider time;
    private readonly Channel<ConsumeRequest> outbox = Channel.CreateUnbounded<ConsumeRequest>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<ConsumeCheckpointed>> asked = new();
    private ulong lastRequest;
    private long reportedAt;
    private volatile bool isOver;
    private volatile bool wasSilent;

    public ConsumeLink(AsyncDuplexStreamingCall<ConsumeRequest, ConsumeResponse> call, ConsumeJoin join, TimeProvider time)
    {
        this.call = call;
        this.time = time;
        reportedAt = time.GetTimestamp();
        Send(new ConsumeRequest { Join = join });
        Writing = WriteAsync();
    }

    /// <summary>Complete when nothing more is sent.</summary>
    public Task Writing { get; }

    /// <summary>How long the broker lets this worker be silent.</summary>
    public TimeSpan FailoverTime { get; set; } = TimeSpan.MaxValue;

    /// <summary>The broker was told nothing for so long that the leases are others': the process stood still.</summary>
    public bool IsStale => wasSilent || time.GetElapsedTime(Volatile.Read(ref reportedAt)) >= FailoverTime;

    /// <summary>The next message; null at the call's end. For one caller.</summary>
    /// <exception cref="RpcException">The call broke.</exception>
    /// <exception cref="IOException">It was given up here.</exception>
    public async Task<ConsumeResponse?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            if (!await call.ResponseStream.MoveNext(cancellation))
            {
                return null;
            }
        }
        catch (Exception e) when (isOver && e is not IOException)
        {
            throw Broken();
        }

        var message = call.ResponseStream.Current;
        if (message.Checkpointed is { } answer && asked.TryRemove(answer.RequestId, out var waiting))
        {
            waiting.TrySetResult(answer);
        }

        return message;
    }

    /// <summary>Sends a message when those before it are sent; nothing where the call is over.</summary>
    public void Send(ConsumeRequest message) => outbox.Writer.TryWrite(message);

    /// <summary>Says that this worker lives.</summary>
    public void Report(double cpuPercent) => Send(new ConsumeRequest { Report = new ConsumeReport { CpuPercent = cpuPercent } });

    /// <summary>Sends a checkpoint and waits for its answer.</summary>
    /// <exception cref="IOException">The call ended first; what became of the checkpoint is not known.</exception>
    public Task<ConsumeCheckpointed> AskAsync(ConsumeCheckpoint checkpoint)
    {
        checkpoint.RequestId = Interlocked.Increment(ref lastRequest);
        var answer = new TaskCompletionSource<ConsumeCheckpointed>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[checkpoint.RequestId] = answer;
        Send(new ConsumeRequest { Checkpoint = checkpoint });
        if (isOver && asked.TryRemove(checkpoint.RequestId, out _))
        {
            answer.TrySetException(Broken());
        }

        return answer.Task;
    }

    /// <summary>Says goodbye when all that was queued is sent.</summary>
    public void Complete() => outbox.Writer.TryComplete();

    /// <summary>Ends the call, with or without a goodbye.</summary>
    public void Dispose()
    {
        isOver = true;
        outbox.Writer.TryComplete();
        call.Dispose();
        foreach (var request in asked.Keys)
        {
            if (asked.TryRemove(request, out var waiting))
            {
                waiting.TrySetException(Broken());
            }
        }
    }

    private static IOException Broken() => new("The connection to the gateway was lost.");

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in outbox.Reader.ReadAllAsync())
            {
                if (IsStale)
                {
                    // Before anything is said that looks as if nothing had been: those who work for it must be told.
                    wasSilent = true;
                    Dispose();
                    return;
                }

                await call.RequestStream.WriteAsync(message);
                Volatile.Write(ref reportedAt, time.GetTimestamp());
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The call is over; why, its responses tell.
        }
    }
}
