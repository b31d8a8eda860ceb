using Broker.Contracts.Blocks;

namespace Broker.Silo.Shards;

/// <summary>Holds the payloads of all shards' tails, and bounds their memory: the oldest block of the silo goes first, whosever it is.</summary>
/// <remarks>
/// Payloads are copied to slabs in the order in which they leave again, and the slabs are used again: what is put and not read costs the
/// garbage collector nothing. Left where they were made payloads would survive two collections, and each of those would copy them while
/// every thread waits; slabs that were made anew each time had it collect the oldest generation several times a second. Thread-safe;
/// called from the turns of all shards.
/// </remarks>
public sealed class TailCache(long maxBytes)
{
    private const int SlabBytes = 1024 * 1024;

    /// <summary>What is longer stays in its own array on the large-object heap.</summary>
    private const int MaxCopiedBytes = 80 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<(ShardTail Tail, TailBlock Block)> order = new();
    private readonly Stack<TailSlab> free = new();
    private TailSlab? filling;

    /// <summary>Bytes held by the tails of all shards.</summary>
    public long Bytes { get; private set; }

    /// <summary>The same block, its payload where the cache keeps it.</summary>
    internal TailBlock Keep(RecordBlock block)
    {
        var length = block.Payload.Length;
        if (length > MaxCopiedBytes)
        {
            return new TailBlock(block, null);
        }

        Memory<byte> place;
        TailSlab slab;
        lock (gate)
        {
            slab = filling ??= NextSlab();
            if (!slab.TryTake(length, out place))
            {
                var full = slab;
                slab = filling = NextSlab();
                slab.TryTake(length, out place);
                GiveBackIfFree(full);
            }
        }

        block.Payload.CopyTo(place);
        return new TailBlock(new RecordBlock(block.Head, block.Identities, place), slab);
    }

    internal void Added(ShardTail tail, TailBlock block)
    {
        lock (gate)
        {
            order.Enqueue((tail, block));
            Bytes += block.Block.EncodedLength;
            while (Bytes > maxBytes && order.TryDequeue(out var oldest))
            {
                Bytes -= oldest.Block.Block.EncodedLength;

                // Whoever reads the tail copies inside its lock: from here on nobody looks at the slab.
                oldest.Tail.DropOldest();
                if (oldest.Block.Slab is { } slab)
                {
                    slab.Leave();
                    GiveBackIfFree(slab);
                }
            }
        }
    }

    private TailSlab NextSlab() => free.TryPop(out var slab) ? slab : new TailSlab(SlabBytes);

    private void GiveBackIfFree(TailSlab slab)
    {
        if (slab.IsFree && slab != filling)
        {
            slab.Clear();
            free.Push(slab);
        }
    }
}
