using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>A file of a <see cref="FileDevice"/>: read through the system's cache, journals written past it where that works.</summary>
internal sealed class FileDeviceFile(
    string name, DeviceFileKind kind, SafeFileHandle handle, SafeFileHandle? directHandle, DeviceThread thread) : IDeviceFile
{
    private SafeFileHandle? direct = directHandle;

    public long Length { get; } = RandomAccess.GetLength(handle);

    /// <summary>True while writes go past the system's cache.</summary>
    public bool IsDirect => direct is not null;

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data) => await thread.DoAsync(() => Write(offset, data));

    public async ValueTask FlushAsync() => await thread.DoAsync(Flush);

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, bool uncached, CancellationToken cancellationToken)
    {
        if (uncached && OperatingSystem.IsLinux())
        {
            return await thread.DoAsync(() => ReadUncached(offset, destination.Span));
        }

        try
        {
            var done = 0;
            while (done < destination.Length)
            {
                var count = await RandomAccess.ReadAsync(handle, destination[done..], offset + done, cancellationToken);
                if (count == 0)
                {
                    break;
                }

                done += count;
            }

            return done;
        }
        catch (IOException exception)
        {
            throw DeviceErrors.Wrap("read", name, exception);
        }
    }

    /// <summary>What <see cref="WriteAsync"/> does, on the device's thread.</summary>
    internal unsafe void Write(long offset, ReadOnlyMemory<byte> data)
    {
        using var pin = data.Pin();
        var done = 0;
        while (done < data.Length)
        {
            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.Write(handle, data.Span, offset);
                break;
            }

            var count = LibC.Write(direct ?? handle, (byte*)pin.Pointer + done, (nuint)(data.Length - done), offset + done);
            if (count > 0)
            {
                done += (int)count;
                continue;
            }

            var error = count == 0 ? LibC.NoSpace : Marshal.GetLastPInvokeError();
            if (error == LibC.InvalidArgument && direct is { } refused)
            {
                // Some file systems take the flag at open and refuse it at the first write.
                direct = null;
                refused.Dispose();
                continue;
            }

            throw DeviceErrors.OfNumber("write", name, error);
        }

        if (kind == DeviceFileKind.Journal && direct is null)
        {
            Flush();
        }
    }

    public ValueTask DisposeAsync()
    {
        direct?.Dispose();
        handle.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Flush()
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
        }
        else if (LibC.SyncData(handle) != 0)
        {
            throw DeviceErrors.OfNumber("sync", name, Marshal.GetLastPInvokeError());
        }
    }

    private int ReadUncached(long offset, Span<byte> destination)
    {
        // Opened anew through the descriptor, since the name may have changed.
        var descriptor = LibC.Open($"/proc/self/fd/{handle.DangerousGetHandle()}", LibC.ReadOnly | LibC.Direct | LibC.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return RandomAccess.Read(handle, destination, offset);
        }

        using var uncached = new SafeFileHandle(descriptor, ownsHandle: true);
        var start = offset & -AlignedMemory.Alignment;
        var lead = (int)(offset - start);
        var buffer = new AlignedMemory(AlignedMemory.Pad(lead + destination.Length));
        try
        {
            var count = Math.Min(RandomAccess.Read(uncached, buffer.GetSpan(), start) - lead, destination.Length);
            count = Math.Max(count, 0);
            buffer.GetSpan().Slice(lead, count).CopyTo(destination);
            return count;
        }
        catch (IOException exception)
        {
            throw DeviceErrors.Wrap("read directly", name, exception);
        }
        finally
        {
            buffer.Free();
        }
    }
}
