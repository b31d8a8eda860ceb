using Broker.Contracts.Blocks;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Holds the encoded blocks of the commit that is on its way; its memory is used again by the next.</summary>
/// <remarks>Of one commit at a time. After a failure it is not used again: the way to the server may still be reading it.</remarks>
/// <param name="keptBytes">What is kept between commits at most; a larger commit has memory of its own.</param>
internal sealed class CommitBuffer(int keptBytes)
{
    private byte[] bytes = [];
    private int used;

    /// <summary>Begins a commit: what was encoded before is gone.</summary>
    /// <param name="capacity">Bytes of all its blocks.</param>
    public void Begin(int capacity)
    {
        used = 0;
        if (capacity > bytes.Length || bytes.Length > keptBytes)
        {
            var rounded = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity);
            bytes = GC.AllocateUninitializedArray<byte>(Math.Max(capacity, Math.Min(rounded, keptBytes)));
        }
    }

    public ReadOnlyMemory<byte> Encode(RecordBlock block)
    {
        var start = used;
        used += block.EncodeTo(bytes.AsSpan(start));
        return bytes.AsMemory(start, used - start);
    }
}
