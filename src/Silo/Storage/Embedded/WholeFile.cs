using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Small files that are written and read as a whole.</summary>
internal static class WholeFile
{
    /// <summary>Replaces a file atomically: after a crash it is the old one or the new one.</summary>
    public static async ValueTask WriteAsync(IDevice device, string name, ReadOnlyMemory<byte> content)
    {
        var unfinished = FileNames.Unfinished(name);
        await device.DeleteAsync(unfinished);
        await using (var file = await device.CreateAsync(unfinished, content.Length, DeviceFileKind.Bulk, zeroFill: false))
        {
            await file.WriteAsync(0, content);
            await file.FlushAsync();
        }

        await device.RenameAsync(unfinished, name);
    }

    public static async ValueTask<byte[]> ReadAsync(IDevice device, string name, CancellationToken cancellationToken)
    {
        await using var file = await device.OpenAsync(name, DeviceFileKind.Bulk);
        var content = new byte[file.Length];
        var count = await file.ReadAsync(0, content, uncached: false, cancellationToken);
        return count == content.Length ? content : content[..count];
    }
}
