using System.Collections.Immutable;
using System.Globalization;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;

namespace Broker.Silo.Shards;

/// <summary>One epoch of a shard's writer: from opening the log to the first write that did not succeed.</summary>
/// <remarks>
/// <para>
/// Write-failure strategy: what is queued is counted as taken at once (positions, stamps, the producers' table), so that appends
/// can be pipelined. When any append is not committed, all of that may be wrong; the session is then <see cref="Failed"/>, takes
/// nothing more, and <see cref="Shard"/> opens another from what the log really holds. Nothing is continued or rolled back.
/// </para>
/// <para>Not thread-safe: runs in its shard's turn, between whose awaits other calls of the shard interleave.</para>
/// </remarks>
internal sealed class WriterSession
{
    private readonly ShardKey shard;
    private readonly IShardLog log;
    private readonly TimeProvider time;
    private readonly ProducerTable producers;
    private readonly Dictionary<BatchIdentity, Task> inFlight = [];
    private readonly ShardTail tail;
    private readonly long openedPosition;
    private long nextOrdinal;
    private long nextPosition;
    private long lastArrival;
    private long bytesSinceState;
    private long stateThreshold;
    private bool sealQueued;
    private Task lastCommit = Task.CompletedTask;
    private List<TaskCompletionSource> waiting = [];

    /// <summary>A snapshot of the producers' state is written after this many bytes, so that opening a shard reads no more.</summary>
    public const long StateEveryBytes = 4 * 1024 * 1024;

    public WriterSession(ShardKey shard, IShardLog log, TimeProvider time, ShardHead head, ProducerTable producers, long bytesSinceState, ShardTail tail)
    {
        this.shard = shard;
        this.log = log;
        this.time = time;
        this.producers = producers;
        this.bytesSinceState = bytesSinceState;
        this.tail = tail;
        Epoch = head.Epoch;
        nextOrdinal = head.NextOrdinal;
        nextPosition = CommittedPosition = openedPosition = head.NextPosition;
        lastArrival = CommittedArrival = head.LastArrivalUnixMilliseconds;
        sealQueued = IsSealed = head.IsSealed;
        LostEnd = head.LostEnd;
    }

    public long Epoch { get; }

    /// <summary>Records that are durable, ever.</summary>
    public long CommittedPosition { get; private set; }

    /// <summary>The newest durable stamp.</summary>
    public long CommittedArrival { get; private set; }

    /// <summary>The seal is durable.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Something was not committed: open another session.</summary>
    public bool Failed { get; private set; }

    /// <summary>A later epoch exists: another owner has the shard.</summary>
    public bool Superseded { get; private set; }

    /// <summary>The position up to which the log lost records, noted in the log; null where none are known to be lost. Then nothing is taken any more.</summary>
    public long? LostEnd { get; private set; }

    /// <summary>The durable end, as others may know it of this owner.</summary>
    public KnownEnd End => new(CommittedPosition, Epoch);

    /// <summary>A planted fault, to prove that checkers see it: an append of unknown outcome does not end the session.</summary>
    internal bool ContinuesAfterUncertain { get; init; }

    /// <summary>Bytes after which a snapshot is due; smaller in simulations alone.</summary>
    internal long StateEvery { get; init; } = StateEveryBytes;

    /// <summary>The shard is about to go to another silo: whoever waits here is answered at once.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Completes when nothing of this session is in flight any more; never faults.</summary>
    public Task Drained => lastCommit;

    public async ValueTask<AppendResult> AppendAsync(
        ImmutableArray<RecordBlock> blocks, ImmutableArray<HandledRepeat> handled, ThroughputLimit? limit)
    {
        while (FindInFlight(blocks) is { } earlier)
        {
            await earlier;
        }

        if (Failed)
        {
            return AppendResult.Failed(BrokerErrorCode.Unavailable, $"Shard {shard.Shard} is being reopened.");
        }

        var now = Now();
        var verdicts = ImmutableArray.CreateBuilder<BatchVerdict>();
        producers.Judge(blocks, handled, now, verdicts);
        if (verdicts.Count > 0)
        {
            return new AppendResult(BrokerErrorCode.Unavailable, 0, 0, verdicts.ToImmutable(), 0, "Some batches are not new.");
        }

        if (sealQueued)
        {
            return AppendResult.Failed(BrokerErrorCode.ShardClosed, $"Shard {shard.Shard} is closed.");
        }

        if (LostEnd is not null)
        {
            return AppendResult.Failed(BrokerErrorCode.DataLoss, LossMessage);
        }

        if (limit is not null && !limit.TryTakeWrite(blocks, out var admitted, out var rule))
        {
            return new AppendResult(
                BrokerErrorCode.ProvisionedThroughputExceeded, 0, 0, [], admitted, $"Rate exceeded for shard {shard.Shard}: {rule}.");
        }

        var firstPosition = nextPosition;
        var arrival = Math.Max(now, lastArrival);
        var stamped = ImmutableArray.CreateBuilder<RecordBlock>(blocks.Length + 1);
        var bytes = 0L;
        foreach (var block in blocks)
        {
            stamped.Add(Stamp(block, arrival));
            producers.Add(stamped[^1]);
            bytes += block.EncodedLength;
        }

        if (bytesSinceState >= Math.Max(StateEvery, stateThreshold))
        {
            var state = StateBlock(BlockFlags.ProducerSnapshot);
            if (bytes + state.EncodedLength <= ShardAppend.MaxBytes)
            {
                stamped.Add(Stamp(state, arrival));
            }
        }

        var commit = CommitAsync(lastCommit, stamped.DrainToImmutable());
        lastCommit = commit;
        foreach (var block in blocks)
        {
            foreach (var identity in block.Identities)
            {
                inFlight[identity.Identity] = commit;
            }
        }

        var outcome = await commit;
        foreach (var block in blocks)
        {
            foreach (var identity in block.Identities)
            {
                inFlight.Remove(identity.Identity);
            }
        }

        return outcome.Status switch
        {
            AppendStatus.Committed => AppendResult.Committed(firstPosition, arrival) with { Epoch = Epoch },
            AppendStatus.DiskFull => AppendResult.Failed(BrokerErrorCode.StorageFull, outcome.Detail ?? "The storage device is full."),
            _ => AppendResult.Failed(BrokerErrorCode.Unavailable, outcome.Detail ?? $"Shard {shard.Shard} could not commit; it is being reopened."),
        };
    }

    /// <summary>What is lost, and the command that goes on without it.</summary>
    public string LossMessage => string.Create(
        CultureInfo.InvariantCulture,
        $"Shard {shard.Shard} of stream generation {shard.Stream} lost records that were acknowledged: its log ends at position {CommittedPosition}, "
        + $"{LostEnd} was told. Nothing is taken until an operator accepts that: 'broker recover --postgres CONNECTIONSTRING --accept-loss'.");

    /// <summary>True where this owner cannot be the newest with all records there, if it is true what somebody was told of the shard's end.</summary>
    public bool Contradicts(KnownEnd known) =>
        known.Position > CommittedPosition || known.Epoch > Epoch

        // What an earlier owner told was durable before this one opened the log.
        || (known.Epoch != 0 && known.Epoch < Epoch && known.Position > openedPosition);

    /// <summary>What a loss is that <paramref name="known"/> shows.</summary>
    public ShardLoss LossOf(KnownEnd known, string witness) => new(Epoch, openedPosition, known, witness);

    /// <summary>A loss is noted: take nothing more, and tell whoever waits for records.</summary>
    public void Lose(long lostEnd)
    {
        LostEnd = Math.Max(lostEnd, CommittedPosition);
        Signal();
    }

    public async ValueTask<SealResult> SealAsync()
    {
        if (LostEnd is not null && !IsSealed)
        {
            return new SealResult(BrokerErrorCode.DataLoss, 0, 0, LossMessage);
        }

        if (!sealQueued)
        {
            sealQueued = true;
            lastCommit = CommitAsync(lastCommit, [Stamp(StateBlock(BlockFlags.Seal), Math.Max(Now(), lastArrival))]);
        }

        await lastCommit;
        return IsSealed
            ? new SealResult(BrokerErrorCode.None, CommittedPosition, CommittedArrival, null)
            : new SealResult(BrokerErrorCode.Unavailable, 0, 0, $"Shard {shard.Shard} could not commit its end; it is being reopened.");
    }

    /// <summary>Wakes whoever waits, and lets nobody wait any more. What is queued is committed and answered.</summary>
    public void Leave()
    {
        IsLeaving = true;
        Signal();
    }

    /// <summary>What the next owner can go on with; null where something is in flight, or where what is known may be wrong.</summary>
    public WriterHandover? HandOver() => Failed || !lastCommit.IsCompleted
        ? null
        : new WriterHandover(Epoch, nextOrdinal, ProducerSnapshot.Encode(producers), bytesSinceState);

    /// <summary>Waits for the next change of what is committed, or until the session fails, or the time is up.</summary>
    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (Failed || IsLeaving)
        {
            return;
        }

        // Not Task.WaitAsync: it would go through the thread pool, and leave the scheduler that all else runs on.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(waiter);
        using var timer = time.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(), waiter, atMost, Timeout.InfiniteTimeSpan);
        using var cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
        try
        {
            await waiter.Task;
        }
        finally
        {
            waiting.Remove(waiter);
        }
    }

    /// <summary>The log is not where this session left it: open another one.</summary>
    public void Abandon() => Fail();

    /// <summary>The log refuses this epoch: stop serving.</summary>
    public void Supersede()
    {
        Superseded = true;
        Fail();
    }

    private async Task<AppendOutcome> CommitAsync(Task previous, ImmutableArray<RecordBlock> blocks)
    {
        using var span = SiloTracing.StartCommit(blocks.Length);

        // Handed over before anything is awaited: the order of calls is the order of the log.
        var commit = log.AppendAsync(new ShardAppend(shard, Epoch, blocks[0].Head.Ordinal, blocks));
        var outcome = await commit;
        await previous;
        if (!outcome.IsCommitted)
        {
            Superseded |= outcome.Status == AppendStatus.Fenced && !Failed;
            if (!ContinuesAfterUncertain || outcome.Status != AppendStatus.Uncertain)
            {
                Fail();
            }

            return outcome;
        }

        foreach (var block in blocks)
        {
            if (!block.Head.IsControl)
            {
                tail.Add(block);
            }
        }

        CommittedPosition = blocks[^1].Head.EndPosition;
        CommittedArrival = blocks[^1].Head.ArrivalUnixMilliseconds;
        IsSealed |= (blocks[^1].Head.Flags & BlockFlags.Seal) != 0;
        Signal();
        return outcome;
    }

    private RecordBlock Stamp(RecordBlock block, long arrival)
    {
        var stamped = block.Stamp(Epoch, nextOrdinal, nextPosition, arrival);
        nextOrdinal++;
        nextPosition += block.Head.RecordCount;
        lastArrival = arrival;
        bytesSinceState = block.Head.IsControl ? 0 : bytesSinceState + block.EncodedLength;
        return stamped;
    }

    private RecordBlock StateBlock(BlockFlags flags)
    {
        producers.Forget(Now());
        var payload = ProducerSnapshot.Encode(producers);
        stateThreshold = payload.Length * 8L;
        return PayloadBuilder.MakeBlock(shard, payload, 0, [], flags);
    }

    private Task? FindInFlight(ImmutableArray<RecordBlock> blocks)
    {
        if (inFlight.Count == 0)
        {
            return null;
        }

        foreach (var block in blocks)
        {
            foreach (var identity in block.Identities)
            {
                // A commit that is done may still be here: its append goes on after us.
                if (inFlight.TryGetValue(identity.Identity, out var commit) && !commit.IsCompleted)
                {
                    return commit;
                }
            }
        }

        return null;
    }

    private void Fail()
    {
        if (!Failed)
        {
            Failed = true;
            Signal();
        }
    }

    private void Signal()
    {
        var woken = waiting;
        waiting = [];
        foreach (var waiter in woken)
        {
            waiter.TrySetResult();
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
