using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Shards;

/// <summary>The state machine of one shard: opens its log, appends once, seals, and reads. The grain is a thin shell around it.</summary>
/// <remarks>
/// Not thread-safe: all calls come on one scheduler (the grain's turns, or a simulator's), and interleave only where they await.
/// It has no thread, timer or task of its own. Nothing of it survives a restart but what is in the log.
/// </remarks>
internal sealed partial class Shard
{
    private readonly ShardKey key;
    private readonly ShardDescription self;
    private readonly ImmutableArray<ShardDescription> parents;
    private readonly IShardLog log;
    private readonly ProducerLimits producerLimits;
    private readonly TimeProvider time;
    private readonly TailCache cache;
    private readonly ILogger logger;
    private WriterSession? session;
    private Task<WriterSession>? opening;
    private ShardTail tail;
    private bool isGone;

    public Shard(
        ShardKey key,
        ShardDescription self,
        ImmutableArray<ShardDescription> parents,
        IShardLog log,
        ProducerLimits producerLimits,
        TimeProvider time,
        TailCache cache,
        ILogger logger)
    {
        this.key = key;
        this.self = self;
        this.parents = parents;
        this.log = log;
        this.producerLimits = producerLimits;
        this.time = time;
        this.cache = cache;
        this.logger = logger;
        tail = new ShardTail(cache);
    }

    /// <summary>Bytes after which the producers' state is written anew; smaller in simulations alone.</summary>
    internal long StateEveryBytes { get; init; } = WriterSession.StateEveryBytes;

    /// <inheritdoc cref="WriterSession.ContinuesAfterUncertain"/>
    internal bool ContinuesAfterUncertain { get; init; }

    /// <summary>True when the log has a later epoch: another owner has the shard, and this one must be let go.</summary>
    public bool IsSuperseded => session?.Superseded == true;

    /// <summary>The shard is gone: what waits for its records is woken, and finds that out.</summary>
    public void LetGo()
    {
        isGone = true;
        session?.Supersede();
    }

    /// <summary>Told of each opening.</summary>
    public Action<ShardOpening>? OnOpened { get; init; }

    /// <summary>Left by the shard's last owner, for the first opening.</summary>
    internal WriterHandover? Handover { get; set; }

    /// <summary>The shard goes to another silo when what is in flight is answered.</summary>
    public void Leave() => session?.Leave();

    /// <summary>What the next owner can go on with; null where there is nothing that it could not read as fast.</summary>
    public WriterHandover? HandOver() => session?.HandOver();

    public async ValueTask<AppendResult> AppendAsync(
        ImmutableArray<RecordBlock> blocks,
        ImmutableArray<HandledRepeat> handled,
        KnownEnd known,
        ThroughputLimit? limit,
        CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(cancellationToken);
        if (opened.Session is not { } writer)
        {
            return AppendResult.Failed(opened.Code, opened.Message!);
        }

        if (Doubt() is { } doubt)
        {
            return AppendResult.Failed(BrokerErrorCode.Unavailable, doubt);
        }

        try
        {
            if (!await IsOwnerOfAsync(writer, known, GatewayWitness, cancellationToken))
            {
                return AppendResult.Failed(BrokerErrorCode.Unavailable, AnotherOwner());
            }
        }
        catch (StorageException exception)
        {
            return AppendResult.Failed(BrokerErrorCode.Unavailable, $"Shard {key.Shard} cannot be verified: {exception.Message}");
        }

        return await writer.AppendAsync(blocks, handled, limit);
    }

    public async ValueTask<SealResult> SealAsync(CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(cancellationToken);
        return opened.Session is not { } writer ? new SealResult(opened.Code, 0, 0, opened.Message)
            : Doubt() is { } doubt ? new SealResult(BrokerErrorCode.Unavailable, 0, 0, doubt)
            : await writer.SealAsync();
    }

    /// <summary>Why this silo must stamp nothing now; null where it may. What is durable can be read all the same.</summary>
    private string? Doubt() =>
        time is IClusterTime { Doubt: { } doubt } ? $"Shard {key.Shard} is with a silo that does not trust its time now: {doubt}." : null;

    /// <summary>The session to work with, opened if there is none or the last one failed. Callers at the same time share one opening.</summary>
    public async ValueTask<OpenedShard> OpenAsync(CancellationToken cancellationToken)
    {
        if (isGone)
        {
            return new OpenedShard(null, tail, BrokerErrorCode.ResourceNotFound, $"Shard {key.Shard} of stream generation {key.Stream} is deleted.");
        }

        if (session is { Failed: false } good)
        {
            return new OpenedShard(good, tail, BrokerErrorCode.None, null);
        }

        if (IsSuperseded)
        {
            // Opening it again would take the shard back from its new owner, and back again. Whoever asks finds that owner next time.
            return new OpenedShard(null, tail, BrokerErrorCode.Unavailable, AnotherOwner());
        }

        if (Doubt() is { } doubt)
        {
            return new OpenedShard(null, tail, BrokerErrorCode.Unavailable, doubt);
        }

        try
        {
            return new OpenedShard(await OpenSessionOnceAsync(cancellationToken), tail, BrokerErrorCode.None, null);
        }
        catch (StorageException exception)
        {
            var code = exception.Fault switch
            {
                StorageFault.DiskFull => BrokerErrorCode.StorageFull,
                StorageFault.Corrupt => BrokerErrorCode.DataLoss,
                _ => BrokerErrorCode.Unavailable,
            };
            return new OpenedShard(null, tail, code, $"Shard {key.Shard} cannot be opened: {exception.Message}");
        }
    }

    private Task<WriterSession> OpenSessionOnceAsync(CancellationToken cancellationToken)
    {
        var openingNow = opening ?? OpenSessionAsync(cancellationToken);
        opening = openingNow.IsCompleted ? null : openingNow;
        return openingNow;
    }

    private async Task<WriterSession> OpenSessionAsync(CancellationToken cancellationToken)
    {
        try
        {
            // What the failed session has in flight must have come to its end before the log is asked what landed.
            if (session is { } failed)
            {
                await failed.Drained;
            }

            var head = await log.OpenAsync(key, cancellationToken);
            tail = new ShardTail(cache);
            var handed = TakeOver(head);
            var (producers, bytes) = handed ?? await RebuildAsync(head, cancellationToken);
            foreach (var parent in parents)
            {
                // Stamps never fall along a lineage, whatever the clock does between a parent's end and its child's first record.
                head = head with
                {
                    LastArrivalUnixMilliseconds = Math.Max(head.LastArrivalUnixMilliseconds, parent.ClosedUnixMilliseconds ?? 0),
                };
            }

            var opened = new WriterSession(key, log, time, head, producers, bytes, tail)
            {
                StateEvery = StateEveryBytes,
                ContinuesAfterUncertain = ContinuesAfterUncertain,
            };
            await CompareAsync(opened, head, cancellationToken);
            session = opened;
            OnOpened?.Invoke(handed is not null ? ShardOpening.Handover : head.NextOrdinal == 0 ? ShardOpening.First : ShardOpening.Takeover);
            LogOpened(logger, key, head.Epoch, head.NextPosition, producers.ProducerCount);
            return session;
        }
        catch (StorageException exception)
        {
            // Once an opening, however many wait for it.
            LogOpenFailed(logger, key, exception.Message);
            throw;
        }
        finally
        {
            opening = null;
        }
    }

    /// <summary>Goes on with what the last owner knew, where nobody had the shard in between.</summary>
    /// <returns>The producers, and bytes since the newest state block; null where there is nothing to go on with.</returns>
    private (ProducerTable Producers, long Bytes)? TakeOver(ShardHead head)
    {
        var left = Handover;
        Handover = null;
        if (left is null || head.Epoch != left.Epoch + 1 || head.NextOrdinal != left.NextOrdinal)
        {
            return null;
        }

        try
        {
            var producers = new ProducerTable(Ancestor.Of(self), producerLimits);
            ProducerSnapshot.DecodeInto(producers, left.Producers.Span);
            return (producers, left.BytesSinceState);
        }
        catch (InvalidDataException)
        {
            // Of a newer release, while the cluster is being upgraded: the log tells whether this one can read it at all.
            return null;
        }
    }

    private async ValueTask<(ProducerTable Producers, long Bytes)> RebuildAsync(ShardHead head, CancellationToken cancellationToken)
    {
        var producers = new ProducerTable(Ancestor.Of(self), producerLimits);
        if (head.StateOrdinal < 0)
        {
            await InheritAsync(producers, cancellationToken);
        }

        return (producers, await ReplayAsync(producers, head, cancellationToken));
    }

    /// <summary>A child answers for what its parents took: their seals hold their producers' state.</summary>
    private async ValueTask InheritAsync(ProducerTable producers, CancellationToken cancellationToken)
    {
        foreach (var parent in parents)
        {
            producers.Inherit(Ancestor.Of(parent));
            var parentKey = new ShardKey(key.Stream, parent.Id);

            // Peeked at, not opened: the parent is sealed and has an owner that serves its readers.
            var head = await log.PeekAsync(parentKey, cancellationToken);
            if (head.StateOrdinal < 0)
            {
                continue;
            }

            try
            {
                var blocks = await log.ReadBlocksAsync(parentKey, head.StateOrdinal, 1, cancellationToken);
                if (blocks.Count > 0 && blocks[0].Head.IsControl)
                {
                    Restore(producers, blocks[0]);
                }
            }
            catch (StorageException exception) when (exception.Fault == StorageFault.Corrupt)
            {
                // As in a replay: damage must not close the hash keys for ever. Repeats of the parent's batches may not be recognised.
                LogReplayDamaged(logger, parentKey, head.StateOrdinal, exception);
            }
        }
    }

    /// <exception cref="StorageException">A newer release wrote the block, or what it wrote makes no sense.</exception>
    private static void Restore(ProducerTable producers, RecordBlock block)
    {
        try
        {
            ProducerSnapshot.DecodeInto(producers, block.Payload.Span);
        }
        catch (InvalidDataException exception)
        {
            throw new StorageException(
                StorageFault.NewerVersion, $"Block {block.Head.Ordinal} of shard {block.Head.Shard.Shard} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Rebuilds the producers' table from the newest state block on; what it reads is the tail, and is kept as such.</summary>
    /// <returns>Bytes since the newest state block.</returns>
    private async ValueTask<long> ReplayAsync(ProducerTable producers, ShardHead head, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        var ordinal = Math.Max(0, head.StateOrdinal);
        while (ordinal < head.NextOrdinal)
        {
            IReadOnlyList<RecordBlock> blocks;
            try
            {
                blocks = await log.ReadBlocksAsync(key, ordinal, ReplayBytes, cancellationToken);
            }
            catch (StorageException exception) when (exception.Fault == StorageFault.Corrupt)
            {
                // A damaged block must not stop the shard for ever: what it held is reported to its readers, and repeats of its
                // batches may not be recognised. The blocks around it are taken one by one.
                (blocks, ordinal) = await SkipDamagedAsync(ordinal, head.NextOrdinal, cancellationToken);
                LogReplayDamaged(logger, key, ordinal, exception);
                tail = new ShardTail(cache);
            }

            if (blocks.Count == 0)
            {
                break;
            }

            foreach (var block in blocks)
            {
                ordinal = block.Head.Ordinal + 1;
                if (block.Head.IsControl)
                {
                    Restore(producers, block);
                }
                else
                {
                    producers.Add(block);
                    bytes += block.EncodedLength;
                    tail.Add(block);
                }
            }
        }

        return bytes;
    }

    private async ValueTask<(IReadOnlyList<RecordBlock> Blocks, long Ordinal)> SkipDamagedAsync(
        long ordinal, long end, CancellationToken cancellationToken)
    {
        for (; ordinal < end; ordinal++)
        {
            try
            {
                var blocks = await log.ReadBlocksAsync(key, ordinal, 1, cancellationToken);
                if (blocks.Count > 0)
                {
                    return (blocks, ordinal);
                }
            }
            catch (StorageException exception) when (exception.Fault == StorageFault.Corrupt)
            {
                LogReplayDamaged(logger, key, ordinal, exception);
            }
        }

        return ([], ordinal);
    }

    private const int ReplayBytes = 1024 * 1024;
}

/// <summary>A shard ready to work with, or why it is not.</summary>
internal readonly record struct OpenedShard(WriterSession? Session, ShardTail Tail, BrokerErrorCode Code, string? Message);
