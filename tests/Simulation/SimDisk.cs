using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded.Devices;

namespace Broker.Tests.Simulation;

/// <summary>What outlives a crash: files, each with what is on the medium and what is only in the system's cache; and the faults to come.</summary>
internal sealed class SimDisk(Random random)
{
    private const int PageBytes = AlignedMemory.Alignment;

    // Not asynchronously: that would leave the scheduler.
    private TaskCompletionSource died = new();

    /// <summary>Durable names.</summary>
    public Dictionary<string, SimContent> Durable { get; private set; } = [];

    /// <summary>Names as the running system sees them.</summary>
    public Dictionary<string, SimContent> Visible { get; private set; } = [];

    /// <summary>Durable writes done since the disk was made.</summary>
    public int Writes { get; private set; }

    /// <summary>The process dies in the middle of this write; 0 is never.</summary>
    public int CrashAtWrite { get; set; }

    /// <summary>This write fails, and may land all the same; 0 is none.</summary>
    public int FailAtWrite { get; set; }

    /// <summary>Bytes that can be allocated in all.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>A planted fault: journal writes stay in the cache.</summary>
    public bool ForgetsSync { get; set; }

    public bool IsDead => Died.IsCompleted;

    /// <summary>Completes when the process dies.</summary>
    public Task Died => died.Task;

    public bool IsLocked { get; set; }

    public long UsedBytes => Visible.Values.Sum(content => (long)content.Cached.Length);

    /// <summary>One write: goes through, fails, or is where the process dies.</summary>
    public void Write(SimContent content, long offset, ReadOnlySpan<byte> data, bool durable)
    {
        Writes++;
        if (Writes == CrashAtWrite)
        {
            // Any of the write's pages may have reached the medium.
            Tear(content, offset, data);
            died.SetResult();
            throw new SimCrash();
        }

        if (Writes == FailAtWrite)
        {
            if (random.Next(2) == 0)
            {
                Tear(content, offset, data);
            }

            if (random.Next(3) == 0)
            {
                // It lands after all.
                data.CopyTo(content.Cached.AsSpan((int)offset));
                data.CopyTo(content.Medium.AsSpan((int)offset));
            }

            throw new StorageException(StorageFault.Device, "Simulated write error.");
        }

        data.CopyTo(content.Cached.AsSpan((int)offset));
        if (durable && !ForgetsSync)
        {
            data.CopyTo(content.Medium.AsSpan((int)offset));
        }
        else
        {
            content.Unsynced.Add((offset, data.Length));
        }
    }

    public void Flush(SimContent content)
    {
        if (!ForgetsSync)
        {
            content.Cached.CopyTo(content.Medium.AsSpan());
            content.Unsynced.Clear();
        }
    }

    /// <summary>Directory syncs make every name durable.</summary>
    public void SyncNames() => Durable = new(Visible);

    public void CheckRoom(long bytes)
    {
        if (UsedBytes + bytes > CapacityBytes)
        {
            throw new StorageException(StorageFault.DiskFull, "Simulated full disk.");
        }
    }

    /// <summary>The process is gone; after a power failure so is what was never synced, in part or in whole.</summary>
    public void Restart(bool powerFailed)
    {
        died = new TaskCompletionSource();
        IsLocked = false;
        CrashAtWrite = 0;
        if (!powerFailed)
        {
            return;
        }

        Visible = new(Durable);
        foreach (var content in Visible.Values)
        {
            foreach (var (offset, length) in content.Unsynced)
            {
                for (var page = offset / PageBytes; page * PageBytes < offset + length; page++)
                {
                    if (random.Next(2) == 0)
                    {
                        var start = (int)(page * PageBytes);
                        var count = Math.Min(PageBytes, content.Cached.Length - start);
                        content.Cached.AsSpan(start, count).CopyTo(content.Medium.AsSpan(start));
                    }
                }
            }

            content.Unsynced.Clear();
            content.Medium.CopyTo(content.Cached.AsSpan());
        }
    }

    private void Tear(SimContent content, long offset, ReadOnlySpan<byte> data)
    {
        for (var start = 0; start < data.Length; start += PageBytes)
        {
            if (random.Next(2) == 0)
            {
                var page = data[start..Math.Min(start + PageBytes, data.Length)];
                page.CopyTo(content.Cached.AsSpan((int)offset + start));
                page.CopyTo(content.Medium.AsSpan((int)offset + start));
            }
        }
    }
}
