using Broker.Agent.Files;
using Microsoft.Win32.SafeHandles;

namespace Broker.Agent.Tailing;

/// <summary>A file that is kept open, so that renaming and deleting it take nothing away.</summary>
internal sealed class PlainSource : ILogSource
{
    private readonly SafeFileHandle handle;

    private PlainSource(SafeFileHandle handle) => this.handle = handle;

    public long Length => RandomAccess.GetLength(handle);

    public bool IsGrowing => true;

    public bool IsDeleted => Stamp.Links == 0;

    public long ModifiedNanoseconds => Stamp.ModifiedNanoseconds;

    /// <summary>The file as it is now.</summary>
    public FileStamp Stamp => LinuxFiles.Stat(handle);

    /// <summary>Opens a file; null when it is gone or may not be read.</summary>
    public static PlainSource? TryOpen(string path)
    {
        try
        {
            return new PlainSource(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public int Read(long offset, Span<byte> destination) => RandomAccess.Read(handle, destination, offset);

    public void Dispose() => handle.Dispose();
}
