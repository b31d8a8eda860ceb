using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;

namespace Broker.Silo.Storage;

/// <summary>Blocks that one owner adds to its shard, all or none.</summary>
/// <param name="Shard">The shard of every block.</param>
/// <param name="Epoch">The owner's epoch; every block carries it.</param>
/// <param name="ExpectedOrdinal">The head's next ordinal as the owner knows it, with its own queued appends counted.</param>
/// <param name="Blocks">Stamped, dense, at least one; together at most <see cref="MaxBytes"/> encoded.</param>
public readonly record struct ShardAppend(ShardKey Shard, long Epoch, long ExpectedOrdinal, ImmutableArray<RecordBlock> Blocks)
{
    /// <summary>Most encoded bytes of one append: what fits one frame of the journal, and a batch of 10 MiB with room for its heads.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;
}
