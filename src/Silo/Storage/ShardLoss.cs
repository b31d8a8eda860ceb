using Broker.Contracts.Grains;

namespace Broker.Silo.Storage;

/// <summary>What a shard's log lacks: it went back behind what was acknowledged.</summary>
/// <param name="Epoch">The owner's that found it.</param>
/// <param name="FoundPosition">Where the log ended when that owner opened it.</param>
/// <param name="Known">What was told to somebody.</param>
/// <param name="Witness">Who knew, for people.</param>
public readonly record struct ShardLoss(long Epoch, long FoundPosition, KnownEnd Known, string Witness)
{
    /// <summary>Positions by which every shard is moved on when a loss is accepted: above whatever was told. So a gap in a shard that is as wide is no damage.</summary>
    public const long Distance = 1L << 40;
}
