using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>A journal file and its index. Readers hold it while they read; once retired it is given back when the last lets go. Safe from any thread.</summary>
internal sealed class JournalFile(IDevice device, ulong generation, ulong place, long length)
{
    private readonly Lock gate = new();
    private Task<IDeviceFile>? opening;
    private volatile LiveIndex? live;
    private volatile FileIndex? index;
    private int readers;
    private TaskCompletionSource? retired;

    public ulong Generation { get; } = generation;

    public ulong Place { get; } = place;

    /// <summary>Bytes allocated.</summary>
    public long Length { get; } = length;

    public string Name { get; } = FileNames.Journal(generation);

    /// <summary>The file that was appended to before this one; 0 is none, or none that matters.</summary>
    public ulong PreviousGeneration { get; init; }

    /// <summary>While it is appended to.</summary>
    public LiveIndex? Live { get => live; init => live = value; }

    /// <summary>Once it is sealed.</summary>
    public FileIndex? Sealed => index;

    /// <summary>Good once it is sealed.</summary>
    public FileSeal Seal { get; private set; }

    /// <summary>The index file is durable.</summary>
    public bool IsIndexed { get; set; }

    public void Attach(IDeviceFile file) => opening = Task.FromResult(file);

    /// <summary>No block is added any more.</summary>
    public void Finish(FileIndex finished, FileSeal seal)
    {
        // In this order: a reader that finds the one gone finds the other there.
        Seal = seal;
        index = finished;
        live = null;
    }

    public bool TryGetRow(ShardKey shard, out IndexRow row)
    {
        return live is { } growing ? growing.TryGetRow(shard, out row) : index!.TryGetRow(shard, out row);
    }

    public IReadOnlyList<IndexRow> Rows() => live is { } growing ? growing.Rows() : index!.Rows;

    /// <summary>Holds the file for reading; false where it is retired.</summary>
    public bool TryAcquire()
    {
        lock (gate)
        {
            if (retired is not null)
            {
                return false;
            }

            readers++;
            return true;
        }
    }

    public void Release()
    {
        lock (gate)
        {
            if (--readers == 0)
            {
                retired?.TrySetResult();
            }
        }
    }

    /// <summary>Opens it for reading on first use; by a holder.</summary>
    public Task<IDeviceFile> FileAsync()
    {
        lock (gate)
        {
            if (opening is null or { IsFaulted: true })
            {
                opening = device.OpenAsync(Name, DeviceFileKind.Bulk).AsTask();
            }

            return opening;
        }
    }

    /// <summary>Admits no more readers, and closes the file when the last has let go.</summary>
    public async Task RetireAsync()
    {
        lock (gate)
        {
            retired ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (readers == 0)
            {
                retired.TrySetResult();
            }
        }

        await retired.Task;
        if (opening is { IsCompletedSuccessfully: true })
        {
            await (await opening).DisposeAsync();
        }
    }
}
