using System.Runtime.InteropServices;

namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>The system's errors as the log's: no room, or a failing device.</summary>
internal static class DeviceErrors
{
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static StorageException OfNumber(string what, string name, int error) => new(
        error is LibC.NoSpace or LibC.QuotaExceeded ? StorageFault.DiskFull : StorageFault.Device,
        $"Could not {what} {name}: {Marshal.GetPInvokeErrorMessage(error)} (error {error}).");

    public static StorageException Wrap(string what, string name, Exception exception) => new(
        exception is IOException { HResult: LibC.NoSpace or LibC.QuotaExceeded or WindowsDiskFull } ? StorageFault.DiskFull : StorageFault.Device,
        $"Could not {what} {name}: {exception.Message}",
        exception);
}
