using System.Buffers;
using System.Runtime.InteropServices;

namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>Native memory that starts on a page, as direct writes need it. Not cleared. Freed by its owner, once.</summary>
/// <remarks>
/// What is large asks for huge pages. A device takes so many pieces of memory a request, often 254: a write of 2 MiB from scattered pages
/// is cut into three requests, one from huge pages goes as one.
/// </remarks>
internal sealed unsafe class AlignedMemory : MemoryManager<byte>
{
    /// <summary>Bytes: what every disk and file system of today accepts.</summary>
    public const int Alignment = 4096;

    private const int HugePage = 2 * 1024 * 1024;

    private byte* pointer;

    public AlignedMemory(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % Alignment, 0, nameof(length));
        var isHuge = length >= HugePage;
        pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, (nuint)(isHuge ? HugePage : Alignment));
        Length = length;
        if (isHuge && OperatingSystem.IsLinux())
        {
            // Only advice: where it is not taken, the pages are small ones.
            _ = LibC.Advise(pointer, (nuint)length, LibC.HugePages);
        }
    }

    public int Length { get; }

    /// <summary>The next multiple of the alignment.</summary>
    public static long Pad(long length) => (length + Alignment - 1) & -Alignment;

    public static int Pad(int length) => (length + Alignment - 1) & -Alignment;

    public void Free() => ((IDisposable)this).Dispose();

    public override Span<byte> GetSpan() => new(pointer, Length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(pointer);
        pointer = null;
    }
}
