using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Storage;

/// <summary>The record log of all shards: what is durable, in what order, and who may add to it.</summary>
/// <remarks>
/// <para>
/// The log admits one writer a shard. <see cref="OpenAsync"/> raises the shard's epoch; an append names its epoch and the place
/// at which it expects to write, and is refused if either is stale. Whatever else happens, two openers of one shard can never
/// both append.
/// </para>
/// <para>
/// After <see cref="AppendStatus.Uncertain"/> the writer must be abandoned and the shard opened again: only then is it known
/// what landed. Nothing is read before it is durable.
/// </para>
/// <para>All members may be called from any thread and at the same time. Blocks belong to the log from the call on and are not changed by it.</para>
/// </remarks>
public interface IShardLog
{
    /// <summary>Takes a shard over: raises its epoch durably enough that no earlier opener can append any more, and tells where its log ends.</summary>
    /// <remarks>A shard that was never written is opened at position 0. Cheap: an idle shard costs nothing but this call.</remarks>
    /// <exception cref="StorageException">The head cannot be read (<see cref="StorageFault"/> tells why).</exception>
    ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken);

    /// <summary>Tells where a shard's log ends without taking it over; the epoch is the present owner's, 0 where there is none.</summary>
    ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken);

    /// <summary>Appends stamped blocks of one shard, all or none, after everything appended before.</summary>
    /// <remarks>
    /// Every block carries the epoch; the ordinals and positions run on without a gap from the head. Appends of one shard may be
    /// pipelined; they are committed in the order of the calls, and when one fails, those queued behind it fail too.
    /// Completes when the blocks are durable, or with the reason why they are not; never throws for an outcome of the device.
    /// </remarks>
    ValueTask<AppendOutcome> AppendAsync(ShardAppend append);

    /// <summary>Reads committed blocks in order, by record position.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="fromPosition">The first record wanted; the first block returned is the one that holds it, or the next living one.</param>
    /// <param name="maxBytes">Stops after the block with which the encoded bytes reach this; at least one block is returned if there is one.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <returns>Blocks with records at or after the position; control blocks are left out. Empty at the end.</returns>
    /// <exception cref="StorageException">A block in the range is damaged (<see cref="StorageFault.Corrupt"/>): it is reported, never served, and never skipped silently.</exception>
    ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Reads committed blocks in order, control blocks among them, from a block ordinal.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken);

    /// <summary>The position of the first record that arrived at or after a time; null where there is none yet.</summary>
    ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken);

    /// <summary>True while no later epoch was opened: what a reader that serves from memory re-verifies.</summary>
    ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Notes for good that a shard lost records, after looking once more that the epoch is the shard's newest: from then on every opening
    /// tells it, until an operator accepts the loss.
    /// </summary>
    /// <returns>False where another epoch was opened, or the log cannot go back behind a process that knows it and notes no losses.</returns>
    /// <exception cref="StorageException">It is not known to be noted.</exception>
    ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken);

    /// <summary>Forgets a stream for good: its space is given back in time, its generation never comes again. Durable on return; repeatable.</summary>
    ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken);

    /// <summary>Gives back the space of records that arrived before their stream's horizon; streams not named are left alone.</summary>
    /// <param name="horizons">Arrival stamps in milliseconds since 1970: everything older is expired.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken);
}
