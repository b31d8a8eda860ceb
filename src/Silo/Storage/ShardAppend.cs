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

    /// <summary>Checks what does not depend on the head.</summary>
    /// <exception cref="ArgumentException">The append contradicts itself.</exception>
    internal void Check()
    {
        if (Blocks.IsDefaultOrEmpty)
        {
            throw new ArgumentException($"An append to shard {Shard} has no blocks.", nameof(Blocks));
        }

        long bytes = 0;
        var ordinal = ExpectedOrdinal;
        var position = Blocks[0].Head.FirstPosition;
        var arrival = long.MinValue;
        for (var i = 0; i < Blocks.Length; i++)
        {
            var head = Blocks[i].Head;
            bytes += Blocks[i].EncodedLength;
            var sealsEarly = (head.Flags & BlockFlags.Seal) != 0 && i < Blocks.Length - 1;
            if (head.Shard != Shard || head.Epoch != Epoch || head.Ordinal != ordinal || head.FirstPosition != position
                || head.ArrivalUnixMilliseconds < arrival || sealsEarly || head.IsControl != (head.RecordCount == 0))
            {
                throw new ArgumentException(
                    $"Block {i} of an append to shard {Shard} is not stamped for its place: {head} where ordinal {ordinal}, position {position} is next.",
                    nameof(Blocks));
            }

            ordinal++;
            position = head.EndPosition;
            arrival = head.ArrivalUnixMilliseconds;
        }

        if (bytes > MaxBytes)
        {
            throw new ArgumentException($"An append to shard {Shard} has {bytes} bytes, above {MaxBytes}.", nameof(Blocks));
        }
    }
}
