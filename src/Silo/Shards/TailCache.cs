using Broker.Contracts.Blocks;

namespace Broker.Silo.Shards;

/// <summary>Holds the payloads of all shards' tails, and bounds their memory: the oldest block of the silo goes first, whosever it is.</summary>
/// <remarks>
/// Payloads are copied to slabs on the large-object heap in the order in which they leave again. Left where they were made they would
/// survive two collections, and each of those would copy them while every thread waits: 10 ms pauses under load. A slab is free once
/// its last block was dropped and its last reader is done. Thread-safe; called from the turns of all shards.
/// </remarks>
public sealed class TailCache(long maxBytes)
{
    private const int SlabBytes = 1024 * 1024;

    /// <summary>What is longer has an array of its own on the large-object heap already.</summary>
    private const int MaxCopiedBytes = 80 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<(ShardTail Tail, int Bytes)> order = new();
    private byte[] slab = [];
    private int slabUsed;

    /// <summary>Bytes held by the tails of all shards.</summary>
    public long Bytes { get; private set; }

    /// <summary>The same block, its payload where the cache keeps it.</summary>
    internal RecordBlock Keep(RecordBlock block)
    {
        var length = block.Payload.Length;
        if (length > MaxCopiedBytes)
        {
            return block;
        }

        Memory<byte> place;
        lock (gate)
        {
            if (slab.Length - slabUsed < length)
            {
                slab = GC.AllocateUninitializedArray<byte>(SlabBytes);
                slabUsed = 0;
            }

            place = slab.AsMemory(slabUsed, length);
            slabUsed += length;
        }

        block.Payload.CopyTo(place);
        return new RecordBlock(block.Head, block.Identities, place);
    }

    internal void Added(ShardTail tail, int bytes)
    {
        lock (gate)
        {
            order.Enqueue((tail, bytes));
            Bytes += bytes;
            while (Bytes > maxBytes && order.TryDequeue(out var oldest))
            {
                Bytes -= oldest.Bytes;
                oldest.Tail.DropOldest();
            }
        }
    }
}
