namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>The directory that the embedded log lives in, as few operations as it needs, so that a simulator can stand in for it.</summary>
/// <remarks>
/// Any operation fails with a <see cref="StorageException"/>: <see cref="StorageFault.DiskFull"/> where there is no room,
/// <see cref="StorageFault.Device"/> for everything else. Names have no directory part. May be called from any thread.
/// </remarks>
internal interface IDevice : IAsyncDisposable
{
    /// <summary>Takes the directory for this process until disposal.</summary>
    /// <exception cref="StorageException">Another process has it (<see cref="StorageFault.Locked"/>).</exception>
    ValueTask LockAsync();

    ValueTask<IReadOnlyList<DeviceEntry>> ListAsync();

    /// <summary>Creates a file with its space allocated; its bytes read as zeros.</summary>
    /// <param name="name">Must not exist.</param>
    /// <param name="length">Bytes, a multiple of <see cref="AlignedMemory.Alignment"/>.</param>
    /// <param name="kind">How it is written.</param>
    /// <param name="zeroFill">Also writes the zeros out, in the background of everything else, so that later writes change no metadata.</param>
    ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill);

    /// <exception cref="StorageException">There is no such file.</exception>
    ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind);

    /// <summary>Removes a file, durably on return; nothing happens where there is none. Files that are open stay readable.</summary>
    ValueTask DeleteAsync(string name);

    /// <summary>Renames atomically, over whatever had the name; durable on return, and so is every creation before it. Open files stay open.</summary>
    ValueTask RenameAsync(string from, string to);

    /// <summary>A number that nobody can guess, for a file's frames to be told from bytes that merely look like them.</summary>
    ulong NewSalt();
}
