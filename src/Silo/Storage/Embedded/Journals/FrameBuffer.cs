using Broker.Contracts.Blocks;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>A frame while it is filled and written: blocks are encoded straight into aligned memory, the one copy on their way to the disk.</summary>
/// <remarks>Used by one caller at a time; two of them take turns.</remarks>
internal sealed class FrameBuffer(int capacityBytes) : IDisposable
{
    private AlignedMemory memory = new(AlignedMemory.Pad(capacityBytes));
    private int length = FrameHeader.EncodedLength;
    private uint checksum = Crc32C.Start;
    private int blockCount;
    private int echoLength;

    /// <summary>What is in the frame, in order.</summary>
    public List<PendingAppend> Appends { get; } = [];

    public bool IsEmpty => Appends.Count == 0;

    /// <summary>Bytes of file that the frame will take.</summary>
    public long PaddedLength => AlignedMemory.Pad((long)length);

    /// <summary>Takes an append in; one that is larger than the buffer only where it is the first.</summary>
    public bool TryAdd(PendingAppend append)
    {
        if (length + append.EncodedBytes > memory.Length && !TryGrow(append.EncodedBytes))
        {
            return false;
        }

        append.FrameOffset = length;
        foreach (var block in append.Append.Blocks)
        {
            var written = block.EncodeTo(memory.GetSpan()[length..]);
            length += written;
            blockCount++;
        }

        checksum = Crc32C.Append(checksum, memory.GetSpan()[append.FrameOffset..length]);
        Appends.Add(append);
        return true;
    }

    /// <summary>Adds a block that is encoded already.</summary>
    /// <returns>Its offset in the frame; -1 where it does not fit.</returns>
    public int TryAddEncoded(ReadOnlySpan<byte> block)
    {
        if (length + block.Length > memory.Length && (blockCount > 0 || !TryGrow(block.Length)))
        {
            return -1;
        }

        var offset = length;
        block.CopyTo(memory.GetSpan()[length..]);
        checksum = Crc32C.Append(checksum, block);
        length += block.Length;
        blockCount++;
        return offset;
    }

    /// <summary>Adds the echo of the frame before, after all blocks.</summary>
    public void AddEcho(ReadOnlySpan<byte> echo)
    {
        if (length + echo.Length > memory.Length)
        {
            var larger = new AlignedMemory(AlignedMemory.Pad(length + echo.Length));
            memory.GetSpan()[..length].CopyTo(larger.GetSpan());
            memory.Free();
            memory = larger;
        }

        echo.CopyTo(memory.GetSpan()[length..]);
        checksum = Crc32C.Append(checksum, echo);
        length += echo.Length;
        echoLength = echo.Length;
    }

    /// <summary>Completes the frame; the bytes are good until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Seal(ulong generation, ulong salt, ulong ordinal, ulong durableOrdinal)
    {
        var padded = (int)PaddedLength;
        var span = memory.GetSpan();
        span[length..padded].Clear();
        new FrameHeader(generation, salt, ordinal, durableOrdinal, length - FrameHeader.EncodedLength, blockCount, Crc32C.Finish(checksum), echoLength)
            .EncodeTo(span);
        return memory.Memory[..padded];
    }

    public void Reset()
    {
        Appends.Clear();
        length = FrameHeader.EncodedLength;
        checksum = Crc32C.Start;
        blockCount = 0;
        echoLength = 0;
        if (memory.Length > AlignedMemory.Pad(capacityBytes))
        {
            Replace(capacityBytes);
        }
    }

    public void Dispose() => memory.Free();

    private bool TryGrow(int bytes)
    {
        if (length > FrameHeader.EncodedLength)
        {
            return false;
        }

        Replace(FrameHeader.EncodedLength + bytes);
        return true;
    }

    private void Replace(int bytes)
    {
        memory.Free();
        memory = new AlignedMemory(AlignedMemory.Pad(bytes));
    }
}
