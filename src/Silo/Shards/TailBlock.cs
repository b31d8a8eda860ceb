using Broker.Contracts.Blocks;

namespace Broker.Silo.Shards;

/// <summary>A block as a tail holds it.</summary>
/// <param name="Block">Never given out where its payload is in a slab, whose bytes change once it was dropped: see <see cref="Copy"/>.</param>
/// <param name="Slab">Where its payload is; null where that has an array of its own.</param>
internal readonly record struct TailBlock(RecordBlock Block, TailSlab? Slab)
{
    /// <summary>The block for a reader, which may keep it.</summary>
    public RecordBlock Copy() => Slab is null ? Block : new RecordBlock(Block.Head, Block.Identities, Block.Payload.ToArray());
}
