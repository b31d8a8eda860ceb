using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage;

/// <summary>Where a shard's log ends.</summary>
/// <param name="NextOrdinal">Of the next block.</param>
/// <param name="NextPosition">Of the next record.</param>
/// <param name="LastArrival">Milliseconds since 1970; 0 where nothing was written.</param>
/// <param name="StateOrdinal">Of the newest control block; -1 is none.</param>
/// <param name="IsSealed">The newest block is a seal.</param>
internal readonly record struct ShardEnd(long NextOrdinal, long NextPosition, long LastArrival, long StateOrdinal, bool IsSealed)
{
    public static ShardEnd Empty => new(0, 0, 0, -1, false);

    public ShardEnd After(in BlockHead block) => new(
        block.Ordinal + 1,
        block.EndPosition,
        block.ArrivalUnixMilliseconds,
        block.IsControl ? block.Ordinal : StateOrdinal,
        (block.Flags & BlockFlags.Seal) != 0);
}
