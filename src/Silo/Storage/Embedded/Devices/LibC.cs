using System.Runtime.InteropServices;

namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>What the journal needs of Linux and .NET does not offer: direct synchronous writes, directory syncs, allocation.</summary>
internal static partial class LibC
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int DataSync = 0x1000;
    public const int CloseOnExec = 0x80000;

    public const int AccessDenied = 13;
    public const int NoSpace = 28;
    public const int QuotaExceeded = 122;
    public const int InvalidArgument = 22;
    public const int NotSupported = 95;

    /// <summary>MADV_HUGEPAGE.</summary>
    public const int HugePages = 14;

    /// <summary>O_DIRECT, which is not one number on all architectures.</summary>
    public static int Direct => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static unsafe partial nint Write(SafeHandle file, byte* data, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int SyncData(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Sync(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static unsafe partial int Advise(byte* start, nuint length, int advice);

    /// <returns>0 or the error's number.</returns>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Allocate(SafeHandle file, long offset, long length);
}
