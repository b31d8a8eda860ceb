using System.Collections.Concurrent;
using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>The shards that a consumer has: takes what a call says of them to their workers. What comes is for one caller at a time.</summary>
internal sealed class ConsumerShards(ConsumerContext context)
{
    private readonly ConcurrentDictionary<(string Stream, string Shard), ShardWorker> workers = new();
    private readonly Dictionary<ulong, ShardWorker> granted = [];
    private volatile bool isStopping;

    public IEnumerable<ShardWorker> All => workers.Values;

    /// <summary>A new call begins: its names of leases are its own.</summary>
    public void BeginCall() => granted.Clear();

    /// <summary>Has every processor shut down, and every lease that is granted from now on given back.</summary>
    public void Stop()
    {
        isStopping = true;
        foreach (var worker in workers.Values)
        {
            worker.Slot.AskFor();
        }
    }

    public void Handle(ConsumeLink link, ConsumeResponse message, string workerId)
    {
        switch (message.MessageCase)
        {
            case ConsumeResponse.MessageOneofCase.LeaseGranted:
                Grant(link, message.LeaseGranted, workerId);
                break;
            case ConsumeResponse.MessageOneofCase.Records when granted.TryGetValue(message.Records.LeaseId, out var worker):
                worker.Slot.Push(message.Records);
                break;
            case ConsumeResponse.MessageOneofCase.Records when message.Records.CreditBytes > 0:
                link.Send(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = message.Records.CreditBytes } });
                break;
            case ConsumeResponse.MessageOneofCase.ShardEnded when granted.TryGetValue(message.ShardEnded.LeaseId, out var worker):
                worker.Slot.End();
                break;
            case ConsumeResponse.MessageOneofCase.HandOver when granted.TryGetValue(message.HandOver.LeaseId, out var worker):
                worker.Slot.AskFor();
                break;
            case ConsumeResponse.MessageOneofCase.LeaseLost when granted.Remove(message.LeaseLost.LeaseId, out var worker):
                worker.Slot.Lose(message.LeaseLost.Message);
                break;
        }
    }

    private void Grant(ConsumeLink link, ConsumeLeaseGranted message, string workerId)
    {
        var key = (message.StreamName, message.ShardId);
        var known = workers.GetValueOrDefault(key);
        if (known?.Slot.TryAttach(link, message) == true)
        {
            context.Metrics.LeaseEvent(known.Slot.Lease, "kept");
            granted[message.LeaseId] = known;
            return;
        }

        known?.Slot.Lose("It was granted anew.");
        if (isStopping)
        {
            link.Send(new ConsumeRequest { Release = new ConsumeRelease { LeaseId = message.LeaseId } });
            return;
        }

        var slot = new LeaseSlot(LeaseOf(message, workerId), link, message, context.Time);
        var worker = new ShardWorker(slot, message.HashKeyRange is { } range ? HashKeyRange.Of(range) : HashKeyRange.All, context);
        workers[key] = worker;
        granted[message.LeaseId] = worker;
        worker.Start(known?.Running ?? Task.CompletedTask, () => workers.TryRemove(KeyValuePair.Create(key, worker)));
        if (isStopping)
        {
            slot.AskFor(); // It was not among those that Stop asked.
        }
    }

    private ShardLease LeaseOf(ConsumeLeaseGranted message, string workerId) => new(
        context.Options.ApplicationName,
        workerId,
        message.StreamName,
        message.ShardId,
        message.LeaseCounter,
        message.Checkpoint is { } checkpoint ? ShardCheckpoint.Of(checkpoint) : new ShardCheckpoint(CheckpointKind.TrimHorizon),
        message.PendingCheckpoint is { } pending ? ShardCheckpoint.Of(pending) : null,
        [.. message.ParentShards]);
}
