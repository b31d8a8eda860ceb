using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Silo.Storage;

namespace Broker.Silo.Shards;

/// <summary>Reads of one shard: from memory at the tail, from the log before it, never past what is durable, never before the horizon.</summary>
/// <remarks>Not thread-safe, as <see cref="Shard"/>, whose calls it shares the scheduler with.</remarks>
internal sealed class ShardReader(ShardKey key, Shard shard, IShardLog log, ShardOptions options, TimeProvider time)
{
    /// <summary>Less is not asked of the log: an answer that is small for once must not make reads small for long.</summary>
    private const int LeastBytesOfLog = 64 * 1024;

    /// <summary>Told of each read of committed blocks, and whether memory had them.</summary>
    public Action<bool>? OnRead { get; init; }

    private double storedShare = 1;
    private long verifiedEpoch = -1;
    private long verifiedAt;

    /// <summary>Reads from a position, and waits for a first block if there is none yet.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="horizon">Records that arrived before this are expired; milliseconds since 1970.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<ReadResult> ReadAsync(ReadRequest request, long horizon, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadOwnedAsync(request, horizon, cancellationToken);
        }
        catch (StorageException exception)
        {
            return ReadResult.Failed(CodeOf(exception), exception.Message);
        }
    }

    /// <summary>The first position at or after a time; the tail where none is.</summary>
    public async ValueTask<FindResult> FindAsync(long arrivalUnixMilliseconds, CancellationToken cancellationToken)
    {
        try
        {
            return await FindOwnedAsync(arrivalUnixMilliseconds, cancellationToken);
        }
        catch (StorageException exception)
        {
            return new FindResult(CodeOf(exception), 0, exception.Message);
        }
    }

    private async ValueTask<ReadResult> ReadOwnedAsync(ReadRequest request, long horizon, CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp() + (long)(request.Wait.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            var opened = await shard.OpenAsync(cancellationToken);
            if (opened.Session is not { } session)
            {
                return ReadResult.Failed(opened.Code, opened.Message!);
            }

            if (!await VerifyAsync(session, cancellationToken))
            {
                return ReadResult.Failed(BrokerErrorCode.Unavailable, $"Shard {key.Shard} has another owner.");
            }

            // Whoever knows more than we do may know it from an owner after us: that is asked before anything is called lost or wrong.
            if (!await shard.IsOwnerOfAsync(session, request.Known, Shard.GatewayWitness, cancellationToken)
                || !await shard.IsOwnerOfAsync(session, new KnownEnd(request.FromPosition, 0), Shard.ReaderWitness, cancellationToken))
            {
                return ReadResult.Failed(BrokerErrorCode.Unavailable, $"Shard {key.Shard} has another owner.");
            }

            if (session.LostEnd is not null && request.FromPosition >= session.CommittedPosition)
            {
                return ReadResult.Failed(BrokerErrorCode.DataLoss, session.LossMessage);
            }

            if (request.FromPosition > session.CommittedPosition)
            {
                return ReadResult.Failed(
                    BrokerErrorCode.InvalidArgument,
                    $"Position {request.FromPosition} lies beyond the end of shard {key.Shard}, which holds {session.CommittedPosition} records.");
            }

            if (request.FromPosition < session.CommittedPosition)
            {
                return await ReadCommittedAsync(request, horizon, session, opened.Tail, cancellationToken);
            }

            var left = time.GetElapsedTime(time.GetTimestamp(), deadline);
            if (session.IsSealed || session.IsLeaving || left <= TimeSpan.Zero)
            {
                return Answer([], request.FromPosition, session);
            }

            // In slices: a reader that waits is told within the same second as one that reads that the owner has changed.
            await session.WaitAsync(left < options.VerifyEvery ? left : options.VerifyEvery, cancellationToken);
        }
    }

    private async ValueTask<FindResult> FindOwnedAsync(long arrivalUnixMilliseconds, CancellationToken cancellationToken)
    {
        var opened = await shard.OpenAsync(cancellationToken);
        if (opened.Session is not { } session)
        {
            return new FindResult(opened.Code, 0, opened.Message);
        }

        // A place that is fixed for good must come from the owner: ask the log every time, not once a second.
        verifiedEpoch = -1;
        if (!await VerifyAsync(session, cancellationToken))
        {
            return new FindResult(BrokerErrorCode.Unavailable, 0, $"Shard {key.Shard} has another owner.");
        }

        var tail = session.CommittedPosition;
        var found = arrivalUnixMilliseconds == long.MaxValue ? null : await log.FindAsync(key, arrivalUnixMilliseconds, cancellationToken);
        return found is null && session.LostEnd is not null
            ? new FindResult(BrokerErrorCode.DataLoss, 0, session.LossMessage)
            : new FindResult(BrokerErrorCode.None, found ?? tail, null);
    }

    private async ValueTask<ReadResult> ReadCommittedAsync(
        ReadRequest request, long horizon, WriterSession session, ShardTail tail, CancellationToken cancellationToken)
    {
        var from = request.FromPosition;
        for (var attempt = 0; ; attempt++)
        {
            var blocks = await ReadBlocksAsync(from, request.MaxBytes, tail, cancellationToken);
            if (blocks.IsEmpty || blocks[0].Head.ArrivalUnixMilliseconds >= horizon)
            {
                // The log may be ahead of what this session knows to be committed: no reader gets beyond its owner's end.
                while (!blocks.IsEmpty && blocks[^1].Head.EndPosition > session.CommittedPosition)
                {
                    blocks = blocks.RemoveAt(blocks.Length - 1);
                }

                blocks = UpToGap(blocks);
                return Answer(blocks, Math.Max(from, blocks.IsEmpty ? session.CommittedPosition : blocks[0].Head.FirstPosition), session);
            }

            // Expired: stamps never fall, so everything up to the first record at the horizon is.
            from = await log.FindAsync(key, horizon, cancellationToken) ?? session.CommittedPosition;
            if (from >= session.CommittedPosition || attempt > 0)
            {
                return Answer([], Math.Max(from, request.FromPosition), session);
            }
        }
    }

    /// <summary>Positions have a wide gap where an operator accepted a loss: what comes after it is a read of its own, which begins there.</summary>
    private static ImmutableArray<RecordBlock> UpToGap(ImmutableArray<RecordBlock> blocks)
    {
        for (var i = 1; i < blocks.Length; i++)
        {
            if (blocks[i].Head.FirstPosition - blocks[i - 1].Head.EndPosition >= ShardLoss.Distance)
            {
                return blocks[..i];
            }
        }

        return blocks;
    }

    private async ValueTask<ImmutableArray<RecordBlock>> ReadBlocksAsync(
        long from, int maxBytes, ShardTail tail, CancellationToken cancellationToken)
    {
        var blocks = ImmutableArray.CreateBuilder<RecordBlock>();
        var isInMemory = tail.TryRead(from, maxBytes, blocks);
        OnRead?.Invoke(isInMemory);
        if (!isInMemory)
        {
            // The log counts bytes as stored, the reader those of opened blocks: ask for as much as the last ones took to be as many.
            var asked = (int)Math.Clamp(maxBytes * storedShare, Math.Min(maxBytes, LeastBytesOfLog), maxBytes);
            var read = await log.ReadAsync(key, from, asked, cancellationToken);
            var (stored, opened) = (0L, 0L);
            for (var i = 0; i < read.Count && opened < maxBytes; i++)
            {
                blocks.Add(read[i]);
                stored += read[i].EncodedLength;
                opened += read[i].OpenedLength;
            }

            storedShare = opened == 0 ? storedShare : (double)stored / opened;
        }

        return blocks.DrainToImmutable();
    }

    private async ValueTask<bool> VerifyAsync(WriterSession session, CancellationToken cancellationToken)
    {
        if (session.Superseded)
        {
            return false;
        }

        if (verifiedEpoch == session.Epoch && time.GetElapsedTime(verifiedAt) < options.VerifyEvery)
        {
            return true;
        }

        // It holds from when it was asked, not from when the answer came.
        var asked = time.GetTimestamp();
        if (!await log.IsCurrentAsync(key, session.Epoch, cancellationToken))
        {
            session.Supersede();
            return false;
        }

        verifiedEpoch = session.Epoch;
        verifiedAt = asked;
        return true;
    }

    private static ReadResult Answer(ImmutableArray<RecordBlock> blocks, long from, WriterSession session) => new(
        BrokerErrorCode.None, blocks, from, session.CommittedPosition, session.CommittedArrival, session.IsSealed, null)
    {
        Epoch = session.Epoch,
    };

    private static BrokerErrorCode CodeOf(StorageException exception) =>
        exception.Fault == StorageFault.Corrupt ? BrokerErrorCode.DataLoss : BrokerErrorCode.Unavailable;
}
