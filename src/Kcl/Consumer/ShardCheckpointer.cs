using Broker.Kcl.Connection;
using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>Makes the checkpoints of one lease, one at a time, however often its call breaks.</summary>
internal sealed class ShardCheckpointer(LeaseSlot slot, ConsumerContext context) : IShardCheckpointer, IDisposable
{
    private const string LeaseLost = "LEASE_LOST";
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The last record that the processor was given; null for none.</summary>
    public RecordPosition? Given { get; set; }

    /// <summary>All records of the shard are processed: what is checkpointed from now on is its end.</summary>
    public bool IsAtEnd { get; set; }

    /// <summary>The shard's end is checkpointed: the lease is no more.</summary>
    public bool HasEnded { get; private set; }

    public Task CheckpointAsync(CancellationToken cancellation = default) =>
        IsAtEnd ? HasEnded ? Task.CompletedTask : MakeAsync(new ConsumeCheckpoint { ShardEnd = true }, cancellation)
        : Given is { } given ? MakeAsync(given, isPending: false, cancellation)
        : Task.CompletedTask;

    public Task CheckpointAsync(ConsumerRecord record, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return MakeAsync(record.Position, isPending: false, cancellation);
    }

    public Task CheckpointAsync(RecordPosition position, CancellationToken cancellation = default) => MakeAsync(position, isPending: false, cancellation);

    public Task PrepareCheckpointAsync(RecordPosition position, CancellationToken cancellation = default) => MakeAsync(position, isPending: true, cancellation);

    public void Dispose() => turn.Dispose();

    private Task MakeAsync(RecordPosition position, bool isPending, CancellationToken cancellation)
    {
        if (!RecordPosition.IsNumber(position.SequenceNumber) || position.SubSequenceNumber < 0)
        {
            throw new ArgumentException($"'{position}' is not a record's position.", nameof(position));
        }

        if (Given is not { } given || RecordPosition.Compare(position.SequenceNumber, given.SequenceNumber) > 0)
        {
            throw new ArgumentException($"{position} lies beyond what the processor of {slot.Lease.ShardId} was given, {Given?.ToString() ?? "nothing"}.", nameof(position));
        }

        var checkpoint = new ConsumeCheckpoint { SequenceNumber = position.SequenceNumber, Pending = isPending };
        if (position.SubSequenceNumber is { } sub)
        {
            checkpoint.SubSequenceNumber = (ulong)sub;
        }

        return MakeAsync(checkpoint, cancellation);
    }

    private async Task MakeAsync(ConsumeCheckpoint checkpoint, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, slot.Lost);
        try
        {
            await turn.WaitAsync(either.Token);
            try
            {
                await MakeInTurnAsync(checkpoint, either.Token);
            }
            finally
            {
                turn.Release();
            }
        }
        catch (OperationCanceledException e) when (slot.Lost.IsCancellationRequested)
        {
            throw new LeaseLostException($"{slot.Lease.ShardId} of {slot.Lease.StreamName} cannot be checkpointed: {slot.LossReason}", e);
        }
    }

    private async Task MakeInTurnAsync(ConsumeCheckpoint checkpoint, CancellationToken cancellation)
    {
        var backoff = new Backoff(context.Options.RetryDelay, MaxPause, context.Time);
        while (true)
        {
            var attachment = await slot.TakesAsync(checkpoint, cancellation);
            ConsumeCheckpointed answer;
            try
            {
                var request = checkpoint.Clone();
                request.LeaseId = attachment.LeaseId;
                answer = await attachment.Link.AskAsync(request).WaitAsync(cancellation);
            }
            catch (IOException)
            {
                // Asked again when the lease is granted again.
                await backoff.PauseAsync(cancellation);
                continue;
            }

            switch (answer.ErrorCode)
            {
                case "":
                    HasEnded |= checkpoint.ShardEnd;
                    context.Metrics.Checkpointed(slot.Lease);
                    return;
                case LeaseLost:
                    slot.Lose(answer.ErrorMessage);
                    throw new LeaseLostException(answer.ErrorMessage);
                case "INVALID_ARGUMENT":
                    throw new ArgumentException(answer.ErrorMessage, nameof(checkpoint));
                default:
                    await backoff.PauseAsync(cancellation);
                    break;
            }
        }
    }
}
