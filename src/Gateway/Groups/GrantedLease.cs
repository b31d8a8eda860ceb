using Broker.Contracts.Leases;
using Broker.Contracts.Streams;
using Broker.Gateway.Reading;
using Grpc.Core;

namespace Broker.Gateway.Groups;

/// <summary>A lease as one Consume call has it: what is pushed of its shard goes through here, under the worker's credit.</summary>
internal sealed class GrantedLease(ulong id, HeldLease lease, LeaseHold hold, ConsumeWriter writer, ConsumeCredit credit, ConsumeCredit? own)
    : IServerStreamWriter<RecordPage>, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private long pushedBytes;
    private long delivered;

    /// <summary>Its name in the call.</summary>
    public ulong Id { get; } = id;

    public HeldLease Lease { get; } = lease;

    public LeaseHold Hold { get; } = hold;

    /// <summary>The worker's credit for this lease alone; null where the call's bounds it.</summary>
    public ConsumeCredit? Own => own;

    /// <summary>The shard, once it is found.</summary>
    public ShardDescription? Shard { get; set; }

    /// <summary>The task that pushes.</summary>
    public Task Reading { get; set; } = Task.CompletedTask;

    /// <summary>Checkpoints and the release, one after another.</summary>
    public Task Changes { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when nothing more is to be pushed.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Timestamp by which it must be released; null while it is not asked for.</summary>
    public long? AskedUntil { get; set; }

    /// <summary>The worker gave it back, or checkpointed its end: that it is held no more is no news.</summary>
    public bool IsEnding { get; set; }

    /// <summary>All records were pushed, and the shard's children are known.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The position after the last record that was pushed.</summary>
    public long Delivered
    {
        get => Volatile.Read(ref delivered);
        set => Volatile.Write(ref delivered, value);
    }

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>Bytes pushed since it was last asked.</summary>
    public long TakePushedBytes() => Interlocked.Exchange(ref pushedBytes, 0);

    /// <summary>Waits for the lease's own credit.</summary>
    public ValueTask ReadyAsync(CancellationToken cancellation) => own?.WaitAsync(cancellation) ?? ValueTask.CompletedTask;

    public void Stop() => stopping.Cancel();

    public Task WriteAsync(RecordPage message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(RecordPage message, CancellationToken cancellationToken)
    {
        if (message.Children.Count > 0)
        {
            HasEnded = true;
            var ended = new V1.ConsumeShardEnded { LeaseId = Id };
            foreach (var child in message.Children)
            {
                ended.ChildShards.Add(RecordPageWriter.ToMessage(child));
            }

            await writer.WriteAsync(new V1.ConsumeResponse { ShardEnded = ended });
            return;
        }

        var bytes = message.RecordCount == 0 ? 0 : RecordPageWriter.Measure(message);
        if (bytes > 0)
        {
            if (own is not null)
            {
                await own.TakeAsync(bytes, cancellationToken);
            }

            await credit.TakeAsync(bytes, cancellationToken);
            Interlocked.Add(ref pushedBytes, bytes);
        }

        Delivered = message.EndPosition;
        await writer.WriteAsync(new ConsumeFrame(null, message, Id, bytes));
    }

    public void Dispose() => stopping.Dispose();
}
