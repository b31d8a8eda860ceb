using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>A stretch of a file in memory that moves forward as a scan goes on.</summary>
internal sealed class ScanWindow(IDeviceFile file, long limit)
{
    private const int ReadBytes = 1024 * 1024;

    private byte[] buffer = new byte[ReadBytes];
    private long start;
    private int length;

    /// <summary>Bytes of the file from an offset; fewer where the file ends. Good until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> GetAsync(long offset, int count, CancellationToken cancellationToken)
    {
        count = (int)Math.Min(count, limit - offset);
        if (offset < start || offset + count > start + length)
        {
            var wanted = (int)Math.Min(Math.Max(count, ReadBytes), limit - offset);
            if (buffer.Length < wanted)
            {
                buffer = new byte[wanted];
            }

            length = await file.ReadAsync(offset, buffer.AsMemory(0, wanted), uncached: false, cancellationToken);
            start = offset;
        }

        var first = (int)(offset - start);
        return buffer.AsMemory(first, Math.Min(count, length - first));
    }
}
