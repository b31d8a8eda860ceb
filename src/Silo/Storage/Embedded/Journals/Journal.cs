using System.Collections.Immutable;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>The journal files in the order of the log, and the one that is appended to. Appending members are the committer's alone; the others are safe from any thread.</summary>
/// <remarks>
/// After a failed write the file is abandoned where its last durable frame ends. The next file's header records that end before
/// anything else is answered, so that a frame that lands late is never taken for one that happened.
/// </remarks>
internal sealed partial class Journal(
    IDevice device, EmbeddedLogOptions options, TimeProvider time, ILogger logger, uint boot, ImmutableArray<JournalFile> found) : IAsyncDisposable
{
    /// <summary>Files that wait to be used again. Where as much expires as is written, expiry feeds the journal and the file system has nothing to do.</summary>
    private const int MaxSpares = 4;

    private readonly Lock gate = new();
    private readonly AlignedMemory headerPage = new(FileHeader.EncodedLength);
    private ImmutableArray<JournalFile> files = found;
    private uint lastFile;
    private JournalFile? active;
    private IDeviceFile? activeFile;
    private ulong activeSalt;
    private long position;
    private FileSeal previous;
    private readonly Queue<(string Name, IDeviceFile File)> spares = new();
    private Task preparing = Task.CompletedTask;
    private Task reusing = Task.CompletedTask;
    private Task sealing = Task.CompletedTask;
    private StorageException? refusal;
    private long retryAt;

    /// <summary>In the order of the log.</summary>
    public ImmutableArray<JournalFile> Files
    {
        get
        {
            lock (gate)
            {
                return files;
            }
        }
    }

    /// <summary>The last frame that is known durable.</summary>
    public ulong DurableOrdinal { get; private set; }

    /// <summary>Where the shards of the last durable frame ended, for the next frame to repeat.</summary>
    public byte[] Echo { get; private set; } = [];

    /// <summary>A write failed, and no header says yet where its file ends.</summary>
    public bool IsCutPending { get; private set; }

    /// <summary>A number for a file, never given before.</summary>
    public ulong NextGeneration() => ((ulong)boot << 32) | Interlocked.Increment(ref lastFile);

    /// <summary>Goes on in a file that a scan found unfinished.</summary>
    public void Resume(JournalFile file, IDeviceFile deviceFile, ulong salt, long end)
    {
        active = file;
        activeFile = deviceFile;
        activeSalt = salt;
        position = end;
    }

    /// <summary>Tells where the log ends.</summary>
    public void SetEnd(ulong lastOrdinal, FileSeal lastFile)
    {
        DurableOrdinal = lastOrdinal;
        previous = lastFile;
    }

    /// <summary>Sees to a file with room for a frame.</summary>
    /// <exception cref="StorageException">There is none to be had; nothing was written.</exception>
    public async ValueTask EnsureRoomAsync(long frameBytes)
    {
        if (active is null || position + frameBytes > active.Length)
        {
            await RollAsync(frameBytes);
        }
        else if (position > active.Length / 2)
        {
            Prepare();
        }
    }

    /// <summary>Writes a frame where there is room for it; it is durable on return.</summary>
    /// <returns>Where it stands.</returns>
    /// <exception cref="StorageException">Its outcome is unknown; the file was abandoned.</exception>
    public async ValueTask<(JournalFile File, long Offset)> WriteAsync(FrameBuffer frame)
    {
        var (file, offset, ordinal) = (active!, position, DurableOrdinal + 1);
        try
        {
            await activeFile!.WriteAsync(offset, frame.Seal(file.Generation, activeSalt, ordinal, DurableOrdinal));
        }
        catch (Exception exception)
        {
            // Its ordinal is not given again: the frame may yet land.
            Abandon();
            DurableOrdinal = ordinal;
            LogWriteFailed(logger, file.Name, offset, exception);
            throw;
        }

        DurableOrdinal = ordinal;
        position += frame.PaddedLength;
        Echo = FrameEcho.Of(frame.Appends);
        return (file, offset);
    }

    /// <summary>Puts a rewritten file in the place of others.</summary>
    public void Replace(IReadOnlyCollection<JournalFile> gone, JournalFile? instead)
    {
        lock (gate)
        {
            var kept = files.Where(file => !gone.Contains(file));
            files = [.. (instead is null ? kept : kept.Append(instead)).OrderBy(file => file.Place)];
        }
    }

    /// <summary>Gives a retired file's space back, to the next file or to the file system.</summary>
    public async ValueTask ReclaimAsync(JournalFile file)
    {
        var canReuse = false;
        lock (gate)
        {
            canReuse = file.Length == options.FileBytes && spares.Count < MaxSpares && reusing.IsCompleted && file.Generation == file.Place;
            if (canReuse)
            {
                reusing = ReuseAsync(file);
            }
        }

        try
        {
            await (canReuse ? reusing : device.DeleteAsync(file.Name).AsTask());
        }
        finally
        {
            lock (gate)
            {
                reusing = reusing.IsFaulted ? Task.CompletedTask : reusing;
            }
        }

        await device.DeleteAsync(FileNames.Index(file.Generation));
    }

    /// <summary>Gives the prepared files' space back, for what is more urgent.</summary>
    public async ValueTask DropSparesAsync()
    {
        await Task.WhenAll(preparing, reusing);
        (string Name, IDeviceFile File)[] dropped;
        lock (gate)
        {
            dropped = [.. spares];
            spares.Clear();
        }

        foreach (var (name, file) in dropped)
        {
            await file.DisposeAsync();
            await device.DeleteAsync(name);
        }
    }

    /// <summary>Persists the indexes of sealed files that have none; a failure is logged and tried again later.</summary>
    public Task PersistIndexesAsync()
    {
        lock (gate)
        {
            return sealing = PersistAfterAsync(sealing);
        }

        async Task PersistAfterAsync(Task before)
        {
            // Encoding an index takes milliseconds: not in a commit's time, and not under the lock.
            await Task.Yield();
            await before;
            foreach (var file in Files)
            {
                if (file is { Sealed: not null, IsIndexed: false })
                {
                    await PersistIndexAsync(file);
                }
            }
        }
    }

    /// <summary>Waits for work in the background and closes what is open.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await sealing;
            await DropSparesAsync();
        }
        catch (StorageException)
        {
            // What stays behind is unfinished by its name: the next start removes it.
        }

        foreach (var each in Files)
        {
            await each.RetireAsync();
        }

        headerPage.Free();
    }

    private void Abandon()
    {
        Finish();
        IsCutPending = true;
    }

    private void Finish()
    {
        if (active is not { } file)
        {
            return;
        }

        previous = new FileSeal(file.Generation, file.Place, position, position > FileHeader.EncodedLength ? DurableOrdinal : 0);
        file.Finish(file.Live!.Freeze(), previous);
        active = null;
        activeFile = null;
    }

    private async ValueTask RollAsync(long frameBytes)
    {
        if (refusal is not null && time.GetTimestamp() < retryAt)
        {
            throw new StorageException(refusal.Fault, refusal.Message, refusal);
        }

        try
        {
            await OpenNextAsync(Math.Max(options.FileBytes, AlignedMemory.Pad(frameBytes + FileHeader.EncodedLength)));
            refusal = null;
        }
        catch (StorageException exception)
        {
            if (refusal is null)
            {
                LogNoFile(logger, exception.Message);
            }

            refusal = exception;
            retryAt = time.GetTimestamp() + (long)(options.RetryDelay.TotalSeconds * time.TimestampFrequency);
            throw;
        }
    }

    private async ValueTask OpenNextAsync(long length)
    {
        var generation = NextGeneration();
        var salt = device.NewSalt();
        var next = TakeSpare(length);
        var name = next?.Name ?? FileNames.Unfinished(generation);
        var file = next?.File ?? await device.CreateAsync(name, length, DeviceFileKind.Journal, zeroFill: false);
        var ending = active is { } current
            ? new FileSeal(current.Generation, current.Place, position, position > FileHeader.EncodedLength ? DurableOrdinal : 0)
            : previous;
        try
        {
            new FileHeader
            {
                Generation = generation,
                Place = generation,
                Salt = salt,
                FirstOrdinal = DurableOrdinal + 1,
                PreviousGeneration = ending.Generation,
                PreviousEnd = ending.End,
                PreviousLastOrdinal = ending.LastOrdinal,
            }.EncodeTo(headerPage.GetSpan());
            await file.WriteAsync(0, headerPage.Memory);
            await device.RenameAsync(name, FileNames.Journal(generation));
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        var journalFile = new JournalFile(device, generation, generation, file.Length) { Live = new LiveIndex(), PreviousGeneration = ending.Generation };
        journalFile.Attach(file);
        var hadActive = active is not null;
        Finish();
        Replace([], journalFile);
        Resume(journalFile, file, salt, FileHeader.EncodedLength);
        IsCutPending = false;
        LogOpened(logger, journalFile.Name, length);
        if (hadActive || ending.Generation != 0)
        {
            _ = PersistIndexesAsync();
        }
    }

    private (string Name, IDeviceFile File)? TakeSpare(long length)
    {
        lock (gate)
        {
            return spares.TryPeek(out var next) && next.File.Length >= length ? spares.Dequeue() : null;
        }
    }

    private void Prepare()
    {
        lock (gate)
        {
            if (spares.Count == 0 && preparing.IsCompleted && (refusal is null || time.GetTimestamp() >= retryAt))
            {
                preparing = PrepareAsync();
            }
        }
    }

    private async Task PrepareAsync()
    {
        var name = FileNames.Unfinished(NextGeneration());
        try
        {
            var file = await device.CreateAsync(name, options.FileBytes, DeviceFileKind.Journal, zeroFill: true);
            lock (gate)
            {
                spares.Enqueue((name, file));
            }
        }
        catch (StorageException exception)
        {
            // The next append that needs the file finds out for itself; until then nobody is worse off.
            refusal = exception;
            retryAt = time.GetTimestamp() + (long)(options.RetryDelay.TotalSeconds * time.TimestampFrequency);
            LogNoFile(logger, exception.Message);
        }
    }

    private async Task ReuseAsync(JournalFile file)
    {
        var name = FileNames.Unfinished(NextGeneration());
        await device.RenameAsync(file.Name, name);
        try
        {
            var reused = await device.OpenAsync(name, DeviceFileKind.Journal);
            lock (gate)
            {
                spares.Enqueue((name, reused));
            }
        }
        catch (StorageException)
        {
            // Space that cannot be used again is given back; failing that, the next start removes it.
            await device.DeleteAsync(name);
        }
    }

    private async Task PersistIndexAsync(JournalFile file)
    {
        try
        {
            await WholeFile.WriteAsync(device, FileNames.Index(file.Generation), IndexLayout.Encode(file.Sealed!, file.Seal));
            file.IsIndexed = true;
            file.Sealed!.DropResident();
        }
        catch (StorageException exception)
        {
            LogIndexFailed(logger, file.Name, exception.Message);
        }
    }
}
