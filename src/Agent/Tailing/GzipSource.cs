using System.Buffers.Binary;
using System.IO.Compression;
using Broker.Agent.Files;

namespace Broker.Agent.Tailing;

/// <summary>What a compressed file held before. Going back in it begins at its start.</summary>
internal sealed class GzipSource : ILogSource
{
    private const int LeastBytes = 18;
    private readonly FileStream file;
    private GZipStream? content;
    private long position;

    private GzipSource(FileStream file, long length)
    {
        this.file = file;
        Length = length;
    }

    public long Length { get; }

    public bool IsGrowing => false;

    public bool IsDeleted => false;

    public long ModifiedNanoseconds => LinuxFiles.Stat(file.SafeFileHandle).ModifiedNanoseconds;

    /// <summary>Opens a file; null when it is gone, may not be read, or is not gzip.</summary>
    public static GzipSource? TryOpen(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 65_536);
            if (file.Length >= LeastBytes && file.ReadByte() == 0x1F && file.ReadByte() == 0x8B)
            {
                Span<byte> trailer = stackalloc byte[sizeof(uint)];
                file.Position = file.Length - trailer.Length;
                file.ReadExactly(trailer);
                return new GzipSource(file, BinaryPrimitives.ReadUInt32LittleEndian(trailer));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            return null;
        }

        file.Dispose();
        return null;
    }

    public int Read(long offset, Span<byte> destination)
    {
        try
        {
            if (content is null || offset < position)
            {
                file.Position = 0;
                content = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
                position = 0;
            }

            var skipped = new byte[Math.Min(65_536, Math.Max(1, offset - position))];
            while (position < offset)
            {
                var read = content.Read(skipped.AsSpan(0, (int)Math.Min(skipped.Length, offset - position)));
                if (read == 0)
                {
                    return 0;
                }

                position += read;
            }

            var count = content.Read(destination);
            position += count;
            return count;
        }
        catch (InvalidDataException e)
        {
            content = null;
            throw new IOException($"{file.Name} is not whole: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        content?.Dispose();
        file.Dispose();
    }
}
