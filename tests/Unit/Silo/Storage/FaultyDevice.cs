using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Tests.Unit.Silo.Storage;

/// <summary>A device that fails when it is told to.</summary>
internal sealed class FaultyDevice(IDevice inner) : IDevice
{
    public bool IsFull { get; set; }

    /// <summary>The next journal write fails.</summary>
    public bool FailsNextWrite { get; set; }

    public ValueTask LockAsync() => inner.LockAsync();

    public ValueTask<IReadOnlyList<DeviceEntry>> ListAsync() => inner.ListAsync();

    public async ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill) => IsFull
        ? throw new StorageException(StorageFault.DiskFull, "The disk is full.")
        : new File(this, await inner.CreateAsync(name, length, kind, zeroFill), kind);

    public async ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind) => new File(this, await inner.OpenAsync(name, kind), kind);

    public ValueTask DeleteAsync(string name) => inner.DeleteAsync(name);

    public ValueTask RenameAsync(string from, string to) => inner.RenameAsync(from, to);

    public ulong NewSalt() => inner.NewSalt();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class File(FaultyDevice device, IDeviceFile inner, DeviceFileKind kind) : IDeviceFile
    {
        public long Length => inner.Length;

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
        {
            if (device.FailsNextWrite && kind == DeviceFileKind.Journal)
            {
                device.FailsNextWrite = false;
                throw new StorageException(StorageFault.Device, "The device failed.");
            }

            await inner.WriteAsync(offset, data);
        }

        public ValueTask FlushAsync() => inner.FlushAsync();

        public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, bool uncached, CancellationToken cancellationToken) =>
            inner.ReadAsync(offset, destination, uncached, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
