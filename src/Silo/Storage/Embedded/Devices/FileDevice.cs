using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>A directory of the file system. Blocking calls run on threads of its own: journal writes, bulk work that may take long, and giving space back.</summary>
/// <remarks>Owns the directory's lock file from <see cref="LockAsync"/> to disposal; the system drops the lock with the process.</remarks>
internal sealed class FileDevice : IDevice
{
    private const string LockName = "lock";
    private const int ZeroChunkBytes = 1024 * 1024;

    /// <summary>A file system that discards what is freed holds up commits meanwhile: this much at a time, and not more often than this.</summary>
    private const int FreedChunkBytes = 4 * 1024 * 1024;
    private const int FreedChunkMilliseconds = 40;

    private readonly string directory;
    private readonly JournalIoMode mode;
    private readonly DeviceThread journalThread = new("journal");
    private readonly DeviceThread bulkThread = new("journal-bulk");
    private readonly DeviceThread reclaimThread = new("journal-reclaim");
    private FileStream? held;
    private volatile bool disposed;

    /// <param name="directory">Created where it is missing.</param>
    /// <param name="mode">How journal files are written.</param>
    public FileDevice(string directory, JournalIoMode mode)
    {
        this.directory = Path.GetFullPath(directory);
        this.mode = mode;
    }

    public async ValueTask LockAsync() => held = await journalThread.DoAsync(() =>
    {
        try
        {
            DurableDirectory.Create(directory);
            return new FileStream(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(PathOf(LockName)))
        {
            throw new StorageException(
                StorageFault.Locked, $"The data directory {directory} is in use by another process: stop it, or give this one another directory.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DeviceErrors.Wrap("open the data directory", directory, exception);
        }
    });

    public async ValueTask<IReadOnlyList<DeviceEntry>> ListAsync() => await journalThread.DoAsync(
        () => (IReadOnlyList<DeviceEntry>)[.. new DirectoryInfo(directory).EnumerateFiles()
            .Where(file => file.Name != LockName)
            .Select(file => new DeviceEntry(file.Name, file.Length))]);

    public async ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill) =>
        await (zeroFill ? bulkThread : journalThread).DoAsync(() => Create(name, length, kind, zeroFill));

    public async ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind) =>
        await journalThread.DoAsync(() => Guard("open", name, () => OpenFile(name, kind)));

    public async ValueTask DeleteAsync(string name) => await reclaimThread.DoAsync(() => Guard("delete", name, () =>
    {
        Delete(PathOf(name));
        return true;
    }));

    public async ValueTask RenameAsync(string from, string to) => await journalThread.DoAsync(() => Guard("rename", from, () =>
    {
        File.Move(PathOf(from), PathOf(to), overwrite: true);
        DurableDirectory.Sync(directory);
        return true;
    }));

    public ulong NewSalt() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public ValueTask DisposeAsync()
    {
        disposed = true;
        reclaimThread.Dispose();
        bulkThread.Dispose();
        journalThread.Dispose();
        held?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static T Guard<T>(string what, string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is not StorageException)
        {
            throw DeviceErrors.Wrap(what, name, exception);
        }
    }

    private string PathOf(string name) => Path.Combine(directory, name);

    private FileDeviceFile Create(string name, long length, DeviceFileKind kind, bool zeroFill) => Guard("create", name, () =>
    {
        try
        {
            using (var handle = File.OpenHandle(PathOf(name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                Allocate(handle, name, length);
            }

            var file = OpenFile(name, kind);
            if (zeroFill)
            {
                ZeroFill(file, length);
            }

            return file;
        }
        catch
        {
            File.Delete(PathOf(name));
            throw;
        }
    });

    private static void Allocate(SafeFileHandle handle, string name, long length)
    {
        if (length == 0)
        {
            return;
        }

        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.SetLength(handle, length);
            return;
        }

        var error = LibC.Allocate(handle, 0, length);
        if (error is LibC.InvalidArgument or LibC.NotSupported)
        {
            RandomAccess.SetLength(handle, length);
        }
        else if (error != 0)
        {
            throw DeviceErrors.OfNumber("allocate", name, error);
        }
    }

    /// <summary>Removes the name at once and the content bit by bit, between commits.</summary>
    private void Delete(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var content = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        DurableDirectory.Sync(directory);
        for (var length = RandomAccess.GetLength(content); length > FreedChunkBytes && !disposed; length -= FreedChunkBytes)
        {
            var started = Environment.TickCount64;
            RandomAccess.SetLength(content, length - FreedChunkBytes);
            LeaveToCommits(started, FreedChunkMilliseconds);
        }
    }

    /// <summary>Leaves the device to commits: while there are any, at most half its time goes into what began at <paramref name="started"/>.</summary>
    private void LeaveToCommits(long started, int atLeastMilliseconds = 1)
    {
        if (journalThread.LastActive >= started - 1)
        {
            Thread.Sleep((int)Math.Clamp(Environment.TickCount64 - started, atLeastMilliseconds, 100));
        }
    }

    private void ZeroFill(FileDeviceFile file, long length)
    {
        // Twice a chunk, of huge pages: a chunk is then one request of the device's.
        var zeros = new AlignedMemory(2 * ZeroChunkBytes);
        try
        {
            zeros.GetSpan()[..ZeroChunkBytes].Clear();
            for (long offset = 0; offset < length && !disposed; offset += ZeroChunkBytes)
            {
                var started = Environment.TickCount64;
                file.Write(offset, zeros.Memory[..(int)Math.Min(ZeroChunkBytes, length - offset)]);
                LeaveToCommits(started);
            }
        }
        finally
        {
            zeros.Free();
        }
    }

    private FileDeviceFile OpenFile(string name, DeviceFileKind kind)
    {
        var path = PathOf(name);
        var readHandle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        var directHandle = kind == DeviceFileKind.Journal ? OpenDirect(path, name) : null;
        return new FileDeviceFile(name, kind, readHandle, directHandle, kind == DeviceFileKind.Journal ? journalThread : bulkThread);
    }

    private SafeFileHandle? OpenDirect(string path, string name)
    {
        if (mode == JournalIoMode.Buffered || !OperatingSystem.IsLinux())
        {
            return null;
        }

        var descriptor = LibC.Open(path, LibC.ReadWrite | LibC.Direct | LibC.DataSync | LibC.CloseOnExec, 0);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return mode == JournalIoMode.Auto && error is LibC.InvalidArgument or LibC.NotSupported
            ? null
            : throw DeviceErrors.OfNumber("open for direct writes", name, error);
    }
}
