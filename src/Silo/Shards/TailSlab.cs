namespace Broker.Silo.Shards;

/// <summary>Memory for many payloads, which is used again when the last of them has left. Guarded by its <see cref="TailCache"/>.</summary>
internal sealed class TailSlab(int capacity)
{
    private readonly byte[] bytes = GC.AllocateUninitializedArray<byte>(capacity);
    private int used;
    private int held;

    public bool IsFree => held == 0;

    public bool TryTake(int length, out Memory<byte> place)
    {
        if (bytes.Length - used < length)
        {
            place = default;
            return false;
        }

        place = bytes.AsMemory(used, length);
        used += length;
        held++;
        return true;
    }

    public void Leave() => held--;

    public void Clear() => used = 0;
}
