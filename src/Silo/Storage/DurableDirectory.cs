using System.Runtime.InteropServices;
using Broker.Silo.Storage.Embedded.Devices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Silo.Storage;

/// <summary>Directories whose names survive a loss of power: a name is durable once the directory that holds it is synced.</summary>
internal static class DurableDirectory
{
    /// <summary>
    /// Makes a directory where it is missing, with those above it, for this process's user alone (mode 0700): what is in it may be
    /// secret. One that is there is left as it is. On return it is durable, whoever made it.
    /// </summary>
    /// <exception cref="StorageException">The device failed, or a directory that was changed cannot be synced.</exception>
    public static void Create(string path) => Create(path, Sync);

    /// <param name="path">The directory.</param>
    /// <param name="sync">Syncs a directory; whether it was changed here.</param>
    internal static void Create(string path, Action<string, bool> sync)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var made = new Stack<(string Directory, string Parent)>();
        for (var missing = full; !Directory.Exists(missing) && Path.GetDirectoryName(missing) is { } parent; missing = parent)
        {
            made.Push((missing, parent));
        }

        foreach (var (directory, parent) in made)
        {
            Make(directory);
            sync(parent, true);
        }

        // It may have been made by a run that was killed before it came here.
        if (made.Count == 0 && Path.GetDirectoryName(full) is { } holder)
        {
            sync(holder, false);
        }
    }

    private static void Make(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Syncs a directory.</summary>
    /// <exception cref="StorageException">It cannot be opened, or the device failed.</exception>
    public static void Sync(string directory) => Sync(directory, isChanged: true);

    private static void Sync(string directory, bool isChanged)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = LibC.Open(directory, LibC.ReadOnly | LibC.CloseOnExec, 0);
        if (descriptor < 0)
        {
            // A directory above the data's own may be closed to this process, which then did not change it either.
            var error = Marshal.GetLastPInvokeError();
            if (isChanged || error != LibC.AccessDenied)
            {
                throw DeviceErrors.OfNumber("open", directory, error);
            }

            return;
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (LibC.Sync(handle) != 0)
        {
            throw DeviceErrors.OfNumber("sync", directory, Marshal.GetLastPInvokeError());
        }
    }
}
