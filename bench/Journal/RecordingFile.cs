using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Journal;

/// <summary>A file of <see cref="RecordingDevice"/>.</summary>
internal sealed class RecordingFile(IDeviceFile inner, List<int> writes) : IDeviceFile
{
    public long Length => inner.Length;

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
    {
        lock (writes)
        {
            writes.Add(data.Length);
        }

        return inner.WriteAsync(offset, data);
    }

    public ValueTask FlushAsync() => inner.FlushAsync();

    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, bool uncached, CancellationToken cancellationToken) =>
        inner.ReadAsync(offset, destination, uncached, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
