using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Agent.Files;

/// <summary>What Linux tells of files and .NET does not pass on: which file a name leads to.</summary>
internal static partial class LinuxFiles
{
    /// <summary>HResult of an <see cref="IOException"/> where another process has the file's lock.</summary>
    public const int WouldBlock = 11;

    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7FF;
    private const int NoEntry = 2;
    private const int NotADirectory = 20;
    private const int AccessDenied = 13;
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>What a path leads to; null when nothing is there, or nothing that may be seen.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static FileStamp? Stat(string path)
    {
        if (Statx(CurrentDirectory, path, 0, BasicStats, out var stat) == 0)
        {
            return stat.ToStamp();
        }

        var error = Marshal.GetLastPInvokeError();
        return error is NoEntry or NotADirectory or AccessDenied ? null : throw new IOException($"{path}: {new Win32Exception(error).Message}");
    }

    /// <summary>What an open file is now.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static FileStamp Stat(SafeFileHandle file)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return Statx((int)file.DangerousGetHandle(), "", EmptyPath, BasicStats, out var stat) == 0
                ? stat.ToStamp()
                : throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Makes the names in a directory durable.</summary>
    /// <exception cref="IOException">It cannot be synced.</exception>
    public static void SyncDirectory(string directory)
    {
        var descriptor = Open(directory, ReadOnlyCloseOnExec, 0);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
        if (descriptor < 0 || Sync(handle) != 0)
        {
            throw new IOException($"Directory {directory} cannot be synced: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Sync(SafeHandle file);

    /// <summary>struct statx of the kernel, which is laid out alike on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct StatxResult
    {
        private const int KindMask = 0xF000;
        private const int RegularKind = 0x8000;
        private const int DirectoryKind = 0x4000;
        private const long NanosecondsPerSecond = 1_000_000_000;

        [FieldOffset(16)]
        private readonly uint links;

        [FieldOffset(28)]
        private readonly ushort mode;

        [FieldOffset(32)]
        private readonly ulong inode;

        [FieldOffset(40)]
        private readonly ulong size;

        [FieldOffset(112)]
        private readonly long modifiedSeconds;

        [FieldOffset(120)]
        private readonly uint modifiedNanoseconds;

        [FieldOffset(136)]
        private readonly uint deviceMajor;

        [FieldOffset(140)]
        private readonly uint deviceMinor;

        public FileStamp ToStamp() => new(
            new FileId(((ulong)deviceMajor << 32) | deviceMinor, inode),
            (long)size,
            (modifiedSeconds * NanosecondsPerSecond) + modifiedNanoseconds,
            links,
            (mode & KindMask) switch { RegularKind => FileKind.Regular, DirectoryKind => FileKind.Directory, _ => FileKind.Other });
    }
}
