namespace Broker.Silo.Storage;

/// <summary>Where a shard's log ends, as its new owner finds it.</summary>
/// <param name="Epoch">The opener's epoch, above every earlier one.</param>
/// <param name="NextOrdinal">The ordinal of the next block.</param>
/// <param name="NextPosition">The position of the next record.</param>
/// <param name="LastArrivalUnixMilliseconds">The newest arrival stamp; 0 where nothing was written.</param>
/// <param name="StateOrdinal">
/// The ordinal of the newest control block (seal or snapshot), from which the producers' state is rebuilt; -1 where there is none,
/// then it is rebuilt from the first block.
/// </param>
/// <param name="IsSealed">The shard has ended: its newest block is a seal.</param>
/// <param name="LostEnd">The position up to which records were acknowledged that the log lost; null where nothing is known to be lost.</param>
public readonly record struct ShardHead(
    long Epoch, long NextOrdinal, long NextPosition, long LastArrivalUnixMilliseconds, long StateOrdinal, bool IsSealed,
    long? LostEnd = null);
