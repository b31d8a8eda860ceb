using System.Collections.Immutable;
using Broker.Contracts.Blocks;

namespace Broker.Silo.Shards;

/// <summary>The newest committed blocks of one shard, in memory, without a gap. Thread-safe: the cache evicts from other shards' turns.</summary>
/// <param name="cache">What bounds it.</param>
public sealed class ShardTail(TailCache cache)
{
    private readonly Lock gate = new();
    private readonly List<TailBlock> blocks = [];
    private int first;

    /// <summary>Adds the next committed block, which must follow on the last one.</summary>
    public void Add(RecordBlock block)
    {
        var kept = cache.Keep(block);
        lock (gate)
        {
            blocks.Add(kept);
        }

        cache.Added(this, kept);
    }

    /// <summary>Reads from a position on, if it lies in the tail.</summary>
    /// <returns>False where the position is older than what is held, or nothing at or after it is.</returns>
    public bool TryRead(long fromPosition, int maxBytes, ImmutableArray<RecordBlock>.Builder into)
    {
        lock (gate)
        {
            if (first == blocks.Count || blocks[first].Block.Head.FirstPosition > fromPosition)
            {
                return false;
            }

            // The first block that ends after the position.
            int low = first, high = blocks.Count;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (blocks[middle].Block.Head.EndPosition > fromPosition)
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            var bytes = 0L;
            for (var i = low; i < blocks.Count && (bytes < maxBytes || i == low); i++)
            {
                into.Add(blocks[i].Copy());
                bytes += blocks[i].Block.OpenedLength;
            }

            return low < blocks.Count;
        }
    }

    /// <summary>Drops the oldest block; called by the cache, once for each block that was added, in that order.</summary>
    internal void DropOldest()
    {
        lock (gate)
        {
            if (first == blocks.Count)
            {
                return;
            }

            blocks[first++] = default;
            if (first == blocks.Count)
            {
                blocks.Clear();
                blocks.TrimExcess();
                first = 0;
            }
            else if (first >= 1024 && first * 2 >= blocks.Count)
            {
                blocks.RemoveRange(0, first);
                first = 0;
            }
        }
    }
}
