using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;

namespace Broker.Silo.Shards;

/// <summary>The producers that a shard remembers, its ancestors' among them: tells a repeat from a new batch. Not thread-safe.</summary>
/// <remarks>
/// Rebuilt when the shard is opened: from its newest snapshot, or from its parents' seals, and then from the identities in the
/// blocks after it. So it survives whatever the blocks survive.
/// </remarks>
internal sealed class ProducerTable
{
    private readonly ProducerLimits limits;
    private readonly Dictionary<Guid, ProducerWindow> producers = [];
    private readonly Dictionary<int, Ancestor> ancestors = [];
    private readonly Dictionary<Guid, (uint Epoch, ulong Number)> newest = [];
    private readonly RequestTable requests;
    private int entries;

    public ProducerTable(Ancestor self, ProducerLimits limits)
    {
        Self = self;
        this.limits = limits;
        requests = new RequestTable(limits);
        ancestors[self.Id.Index] = self;
    }

    public Ancestor Self { get; }

    public int ProducerCount => producers.Count;

    public IReadOnlyDictionary<Guid, ProducerWindow> Producers => producers;

    public IReadOnlyDictionary<int, Ancestor> Ancestors => ancestors;

    public RequestTable Requests => requests;

    /// <summary>Adds to <paramref name="verdicts"/> what stands against taking the blocks' batches as new, one after the other; nothing where nothing does.</summary>
    public void Judge(
        ImmutableArray<RecordBlock> blocks, ImmutableArray<HandledRepeat> handled, long nowUnixMilliseconds, ImmutableArray<BatchVerdict>.Builder verdicts)
    {
        newest.Clear();
        foreach (var block in blocks)
        {
            foreach (var (identity, _, _) in block.Identities)
            {
                if (identity.ProducerEpoch == BatchIdentity.RequestEpoch)
                {
                    foreach (var batch in requests.TakersOf(identity, nowUnixMilliseconds))
                    {
                        AddUnlessHandled(identity, batch, handled, verdicts);
                    }

                    continue;
                }

                var before = verdicts.Count;
                Judge(identity, handled, nowUnixMilliseconds, verdicts);
                if (verdicts.Count == before && identity.ProducerEpoch != BatchIdentity.GatewayEpoch)
                {
                    JudgeAfterNewest(identity, verdicts);
                }
            }
        }
    }

    private void Judge(
        BatchIdentity identity, ImmutableArray<HandledRepeat> handled, long nowUnixMilliseconds, ImmutableArray<BatchVerdict>.Builder verdicts)
    {
        if (!producers.TryGetValue(identity.Producer, out var window) || IsForgotten(window, nowUnixMilliseconds))
        {
            if (producers.Count >= limits.MaxProducersPerShard || entries >= ProducerLimits.MaxBatchesPerShard)
            {
                Forget(nowUnixMilliseconds);
                if (producers.Count >= limits.MaxProducersPerShard || entries >= ProducerLimits.MaxBatchesPerShard)
                {
                    verdicts.Add(Refusal(
                        identity,
                        BrokerErrorCode.TooManyProducers,
                        $"Shard {Self.Id} remembers {producers.Count} producers and {entries} batches; at most {limits.MaxProducersPerShard} "
                        + $"(Broker:Producers:MaxProducersPerShard) and {ProducerLimits.MaxBatchesPerShard} are kept for {limits.StateRetention}."));
                }
            }

            return;
        }

        if (identity.ProducerEpoch < window.Epoch)
        {
            verdicts.Add(Fenced(identity, window.Epoch));
            return;
        }

        if (identity.ProducerEpoch > window.Epoch)
        {
            return;
        }

        if (window.IsBehind(identity.BatchNumber))
        {
            verdicts.Add(TooOld(identity, window.Highest));
            return;
        }

        foreach (var batch in window.TakersOf(identity.BatchNumber))
        {
            AddUnlessHandled(identity, batch, handled, verdicts);
        }
    }

    /// <summary>Notes a batch as taken.</summary>
    public void Add(BatchIdentity identity, TakenBatch batch)
    {
        if (identity.ProducerEpoch == BatchIdentity.RequestEpoch)
        {
            requests.Add(identity, batch);
            return;
        }

        if (!producers.TryGetValue(identity.Producer, out var window)
            || identity.ProducerEpoch > window.Epoch
            || IsForgotten(window, batch.ArrivalUnixMilliseconds))
        {
            entries -= window?.Count ?? 0;
            producers[identity.Producer] = window = new ProducerWindow(identity.ProducerEpoch);
        }
        else if (identity.ProducerEpoch < window.Epoch)
        {
            return;
        }

        entries -= window.Count;
        window.Add(identity.BatchNumber, batch);
        entries += window.Count;
    }

    /// <summary>Notes all identities of a stamped block of this shard.</summary>
    public void Add(RecordBlock block)
    {
        foreach (var entry in block.Identities)
        {
            Add(entry.Identity, new TakenBatch(
                Self.Id.Index, block.Head.FirstPosition + entry.FirstRecord, entry.RecordCount, block.Head.ArrivalUnixMilliseconds));
        }
    }

    /// <summary>Takes over what another table knows: a parent's, or a snapshot's.</summary>
    public void Inherit(Ancestor ancestor) => ancestors.TryAdd(ancestor.Id.Index, ancestor);

    public void RestoreProducer(Guid producer, uint epoch, ulong highest, long lastSeenUnixMilliseconds)
    {
        if (epoch == BatchIdentity.RequestEpoch)
        {
            return;
        }

        if (!producers.TryGetValue(producer, out var window) || epoch > window.Epoch)
        {
            entries -= window?.Count ?? 0;
            producers[producer] = window = new ProducerWindow(epoch);
        }

        if (epoch == window.Epoch)
        {
            entries -= window.Count;
            window.Restore(highest, lastSeenUnixMilliseconds);
            entries += window.Count;
        }
    }

    /// <summary>Forgets producers that sent nothing for the retention of their state, and ancestors that nothing refers to any more.</summary>
    public void Forget(long nowUnixMilliseconds)
    {
        foreach (var (producer, window) in producers)
        {
            if (IsForgotten(window, nowUnixMilliseconds))
            {
                entries -= window.Count;
                producers.Remove(producer);
            }
        }

        requests.Forget(nowUnixMilliseconds);
        if (ancestors.Count > 1)
        {
            var used = producers.Values.SelectMany(window => window.All()).Select(entry => entry.Batch.TakenBy)
                .Concat(requests.All().SelectMany(request => request.Batches).Select(batch => batch.TakenBy))
                .ToHashSet();
            foreach (var index in ancestors.Keys.Where(index => index != Self.Id.Index && !used.Contains(index)).ToArray())
            {
                ancestors.Remove(index);
            }
        }
    }

    /// <summary>A batch that was taken before stands against taking it again, unless the gateway has taken those records out already.</summary>
    private void AddUnlessHandled(
        BatchIdentity identity, TakenBatch batch, ImmutableArray<HandledRepeat> handled, ImmutableArray<BatchVerdict>.Builder verdicts)
    {
        var taker = new ShardId(batch.TakenBy);
        if (!handled.Contains(new HandledRepeat(identity, taker)))
        {
            var ancestor = ancestors[batch.TakenBy];
            verdicts.Add(new BatchVerdict(
                identity,
                BrokerErrorCode.None,
                taker,
                ancestor.Range,
                ancestor.CreatedSecond,
                batch.FirstPosition,
                batch.RecordCount,
                batch.ArrivalUnixMilliseconds,
                null));
        }
    }

    /// <summary>Batches of one append come one after the other: an earlier one fences, and moves the window, as if it were taken already.</summary>
    private void JudgeAfterNewest(BatchIdentity identity, ImmutableArray<BatchVerdict>.Builder verdicts)
    {
        if (!newest.TryGetValue(identity.Producer, out var last) || identity.ProducerEpoch > last.Epoch)
        {
            newest[identity.Producer] = (identity.ProducerEpoch, identity.BatchNumber);
        }
        else if (identity.ProducerEpoch < last.Epoch)
        {
            verdicts.Add(Fenced(identity, last.Epoch));
        }
        else if (ProducerWindow.IsBehind(identity.BatchNumber, last.Number))
        {
            verdicts.Add(TooOld(identity, last.Number));
        }
        else if (identity.BatchNumber > last.Number)
        {
            newest[identity.Producer] = (identity.ProducerEpoch, identity.BatchNumber);
        }
    }

    private BatchVerdict Fenced(BatchIdentity identity, uint epoch) => Refusal(
        identity,
        BrokerErrorCode.ProducerFenced,
        $"Producer {identity.Producer:N} sends under epoch {identity.ProducerEpoch}, and epoch {epoch} has already written to shard {Self.Id}.");

    private static BatchVerdict TooOld(BatchIdentity identity, ulong highest) => Refusal(
        identity,
        BrokerErrorCode.BatchTooOld,
        $"Batch {identity.BatchNumber} of producer {identity.Producer:N} lies {ProducerLimits.WindowBatches} or more below {highest}, "
        + "its newest: whether it was taken cannot be told any more.");

    private bool IsForgotten(ProducerWindow window, long nowUnixMilliseconds) =>
        nowUnixMilliseconds - window.LastSeenUnixMilliseconds > (long)limits.StateRetention.TotalMilliseconds;

    private static BatchVerdict Refusal(BatchIdentity identity, BrokerErrorCode code, string message) =>
        new(identity, code, default, default, 0, 0, 0, 0, message);
}
