using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Journal;

/// <summary>A device that remembers how much each write of a journal had.</summary>
internal sealed class RecordingDevice(IDevice inner) : IDevice
{
    /// <summary>Bytes of each write, in their order.</summary>
    public List<int> Writes { get; } = [];

    public ValueTask LockAsync() => inner.LockAsync();

    public ValueTask<IReadOnlyList<DeviceEntry>> ListAsync() => inner.ListAsync();

    public async ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill) =>
        Record(await inner.CreateAsync(name, length, kind, zeroFill), kind);

    public async ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind) => Record(await inner.OpenAsync(name, kind), kind);

    public ValueTask DeleteAsync(string name) => inner.DeleteAsync(name);

    public ValueTask RenameAsync(string from, string to) => inner.RenameAsync(from, to);

    public ulong NewSalt() => inner.NewSalt();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IDeviceFile Record(IDeviceFile file, DeviceFileKind kind) => kind == DeviceFileKind.Journal ? new RecordingFile(file, Writes) : file;
}
