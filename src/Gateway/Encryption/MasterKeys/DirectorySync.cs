using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>Makes the names in a directory durable, for which .NET has no call. The silo has its own: the two do not know each other.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <exception cref="IOException">It cannot be opened or synced.</exception>
    public static void Sync(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(directory, ReadOnlyCloseOnExec, 0);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
        if (descriptor < 0 || Sync(handle) != 0)
        {
            throw new IOException($"Directory {directory} cannot be synced: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Sync(SafeHandle file);
}
