using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Tests.Golden;

/// <summary>A device whose salts are known, so that the same appends give the same bytes.</summary>
internal sealed class GoldenDevice(IDevice inner) : IDevice
{
    private ulong salts;

    public ValueTask LockAsync() => inner.LockAsync();

    public ValueTask<IReadOnlyList<DeviceEntry>> ListAsync() => inner.ListAsync();

    public ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill) => inner.CreateAsync(name, length, kind, zeroFill);

    public ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind) => inner.OpenAsync(name, kind);

    public ValueTask DeleteAsync(string name) => inner.DeleteAsync(name);

    public ValueTask RenameAsync(string from, string to) => inner.RenameAsync(from, to);

    public ulong NewSalt() => 0x1122_3344_5566_7700 + ++salts;

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
