using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Tests.Simulation;

/// <summary>One process's view of a <see cref="SimDisk"/>: every operation takes a few steps of the scheduler, and none comes back once the process is dead.</summary>
internal sealed class SimDevice(SimDisk disk, SimScheduler scheduler) : IDevice
{
    private readonly Random random = scheduler.Random;

    public async ValueTask LockAsync()
    {
        await StepAsync();
        if (disk.IsLocked)
        {
            throw new StorageException(StorageFault.Locked, "Simulated lock.");
        }

        disk.IsLocked = true;
    }

    public async ValueTask<IReadOnlyList<DeviceEntry>> ListAsync()
    {
        await StepAsync();
        return [.. disk.Visible.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => new DeviceEntry(file.Key, file.Value.Cached.Length))];
    }

    public async ValueTask<IDeviceFile> CreateAsync(string name, long length, DeviceFileKind kind, bool zeroFill)
    {
        await StepAsync();
        disk.CheckRoom(length);
        return new File(this, disk.Visible[name] = new SimContent(length), kind);
    }

    public async ValueTask<IDeviceFile> OpenAsync(string name, DeviceFileKind kind)
    {
        await StepAsync();
        return disk.Visible.TryGetValue(name, out var content)
            ? new File(this, content, kind)
            : throw new StorageException(StorageFault.Device, $"There is no {name}.");
    }

    public async ValueTask DeleteAsync(string name)
    {
        await StepAsync();
        disk.Visible.Remove(name);
        disk.SyncNames();
    }

    public async ValueTask RenameAsync(string from, string to)
    {
        await StepAsync();
        disk.Visible.Remove(from, out var content);
        disk.Visible[to] = content ?? throw new StorageException(StorageFault.Device, $"There is no {from}.");
        disk.SyncNames();
    }

    public ulong NewSalt() => (ulong)random.NextInt64();

    public ValueTask DisposeAsync()
    {
        disk.IsLocked = false;
        return ValueTask.CompletedTask;
    }

    private async Task StepAsync()
    {
        for (var steps = random.Next(1, 4); steps > 0; steps--)
        {
            await scheduler.StepAsync();
        }

        if (disk.IsDead)
        {
            await new TaskCompletionSource().Task;
        }
    }

    private sealed class File(SimDevice device, SimContent content, DeviceFileKind kind) : IDeviceFile
    {
        public long Length => content.Cached.Length;

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
        {
            if (kind == DeviceFileKind.Journal && (offset % AlignedMemory.Alignment != 0 || data.Length % AlignedMemory.Alignment != 0))
            {
                throw new InvalidOperationException($"A journal write of {data.Length} bytes at {offset} is not aligned.");
            }

            await device.StepAsync();
            await DieAsync(() => device.Disk.Write(content, offset, data.Span, kind == DeviceFileKind.Journal));
        }

        public async ValueTask FlushAsync()
        {
            await device.StepAsync();
            device.Disk.Flush(content);
        }

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, bool uncached, CancellationToken cancellationToken)
        {
            await device.StepAsync();
            var count = (int)Math.Clamp(content.Cached.Length - offset, 0, destination.Length);
            content.Cached.AsSpan((int)offset, count).CopyTo(destination.Span);
            return count;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async Task DieAsync(Action write)
        {
            try
            {
                write();
            }
            catch (SimCrash)
            {
                await new TaskCompletionSource().Task;
            }
        }
    }

    private SimDisk Disk => disk;
}
