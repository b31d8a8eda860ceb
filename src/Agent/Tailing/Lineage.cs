using Broker.Agent.Files;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Tailing;

/// <summary>A path that is written to, and the files that have been there, from the oldest that is not dealt with to the one that is there now.</summary>
/// <remarks>For one caller at a time. Each file is read to its end before the one that followed it.</remarks>
internal sealed partial class Lineage(string basePath, TailOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly List<TrackedFile> files = [];
    private readonly MissedFiles missed = new(options, time);
    private bool isUnreadable;

    /// <summary>The path.</summary>
    public string BasePath { get; } = basePath;

    /// <summary>Its last part.</summary>
    public string Name { get; } = Path.GetFileName(basePath);

    /// <summary>The files, oldest first.</summary>
    public IReadOnlyList<TrackedFile> Files => files;

    /// <summary>Whether something is looked for, so that the directory has to be listed again soon.</summary>
    public bool IsUnsettled { get; private set; }

    /// <summary>When a file of it was in the file system last.</summary>
    public DateTimeOffset SeenAt { get; private set; } = time.GetUtcNow();

    /// <summary>What is to be read now; null when there is nothing, or it has to be found.</summary>
    public TrackedFile? Current
    {
        get
        {
            var next = files.Find(file => !file.IsRead);

            // A rotated file that was missed comes before the one that is there now.
            return next?.Source is null || (missed.HasDoubt && next.ReadEnd == 0) ? null : next;
        }
    }

    /// <summary>Puts back a file as it was left.</summary>
    public void Restore(TrackedFile file) => files.Add(file);

    /// <summary>Begins with what is there at the first start of its flow.</summary>
    /// <param name="siblings">The files of its directory that belong to it, the one at its path among them.</param>
    /// <param name="isOwn">Whether a file is to be read by the flow's pattern.</param>
    public void Begin(IReadOnlyList<FileEntry> siblings, Func<FileEntry, bool> isOwn)
    {
        foreach (var entry in siblings.OrderBy(entry => entry.Path == BasePath).ThenBy(entry => entry.Stamp.ModifiedNanoseconds))
        {
            var isRead = options.InitialPosition == InitialPosition.StartOfFile && !entry.IsCompressed && isOwn(entry);
            if (isRead)
            {
                AddNew(entry, files.Count);
            }
            else if (TryOpen(entry) is { } source)
            {
                Add(entry, source, files.Count, file => file.Begin(source, entry.Path != BasePath, options));
            }
        }
    }

    /// <summary>Brings the files in line with what is in the directories now.</summary>
    /// <param name="siblings">The files that belong to it by their names.</param>
    /// <param name="byId">All files of the flow's directories.</param>
    /// <param name="isElsewhere">Whether a file belongs to another lineage.</param>
    public void Reconcile(IReadOnlyList<FileEntry> siblings, IReadOnlyDictionary<FileId, FileEntry> byId, Func<FileId, bool> isElsewhere)
    {
        var now = time.GetUtcNow();
        foreach (var file in files)
        {
            FindByIdentity(file, byId, now);
        }

        var known = files.Where(file => file.Id is not null).Select(file => file.Id!.Value).ToHashSet();
        var others = siblings
            .Where(entry => entry.Path != BasePath && !known.Contains(entry.Stamp.Id) && !isElsewhere(entry.Stamp.Id) && IsReadable(entry, siblings))
            .OrderBy(entry => entry.Stamp.ModifiedNanoseconds).ToList();
        foreach (var file in files.Where(file => file.Id is null))
        {
            FindByContent(file, others, now);
        }

        var live = siblings.FirstOrDefault(entry => entry.Path == BasePath);
        AddMissed(others, live);
        if (live is { IsCompressed: false } && !files.Exists(file => file.Id == live.Stamp.Id) && !isElsewhere(live.Stamp.Id))
        {
            AddNew(live, files.Count);
        }

        Settle(now);
    }

    /// <summary>Whether nothing more is expected of a file that is read up to where it ends now, so that what is left of it is a record.</summary>
    public bool IsOver(TrackedFile file)
    {
        var quiet = time.GetUtcNow() - file.GrownAt;
        var source = file.Source!;
        if (!source.IsGrowing)
        {
            return true;
        }

        var isFollowed = files.Skip(files.IndexOf(file) + 1).Any(later => later.ReadEnd > 0 || later.Source is { Length: > 0 });
        return isFollowed ? !file.HasRemainder || quiet >= options.RotatedQuiet : source.IsDeleted && quiet >= options.DeletedQuiet;
    }

    /// <summary>Looks whether files that were read to their end have grown after all.</summary>
    public void Watch()
    {
        foreach (var file in files)
        {
            if (file is { IsRead: true, Source: { IsGrowing: true } source } && source.Length > file.ReadEnd)
            {
                file.Resume();
            }
        }
    }

    /// <summary>Its content is not what was read of it: it has to be found.</summary>
    public void Displace(TrackedFile file)
    {
        LogReplaced(logger, file.Path, file.ReadEnd);
        file.Close();
        file.Id = null;
        IsUnsettled = true;
    }

    /// <summary>Has its files found anew, after one could not be read.</summary>
    public void Reopen()
    {
        if (Current is { } file)
        {
            file.Close();
            IsUnsettled = true;
        }
    }

    /// <summary>Goes back to what is not dealt with.</summary>
    public void Rewind()
    {
        foreach (var file in files.Where(file => !file.IsFinished))
        {
            file.Rewind();
        }
    }

    public void Dispose() => files.ForEach(file => file.Dispose());

    private static ILogSource? TryOpen(FileEntry entry) => entry.IsGzip ? GzipSource.TryOpen(entry.Path) : PlainSource.TryOpen(entry.Path);

    /// <summary>Whether a file's content can be had: not where it is compressed in another way, and not while it is being compressed.</summary>
    private static bool IsReadable(FileEntry entry, IReadOnlyList<FileEntry> siblings) =>
        !entry.IsCompressed || (entry.IsGzip && !siblings.Any(other => other.Name == Compression.WithoutSuffix(entry.Name)));

    private void FindByIdentity(TrackedFile file, IReadOnlyDictionary<FileId, FileEntry> byId, DateTimeOffset now)
    {
        try
        {
            if (file.Source is not null)
            {
                if (!file.IsIntact())
                {
                    Displace(file);
                }
                else
                {
                    file.SeenAt = now;
                    file.Path = file.Id is { } id && byId.TryGetValue(id, out var named) ? named.Path : file.Path;
                }
            }
            else if (file.Id is { } id)
            {
                if (byId.TryGetValue(id, out var entry) && file.IsFinished && file.ComparedWith == entry.Stamp)
                {
                    (file.Path, file.SeenAt) = (entry.Path, now);
                }
                else if (entry is null || !TryAdopt(file, entry, isCopy: false, now))
                {
                    file.Id = null;
                }
            }
        }
        catch (IOException e)
        {
            LogUnreadable(logger, file.Path, e.Message);
            file.Close();
            file.Id = null;
        }
    }

    /// <summary>Takes a file for this content if it is: opens it where there is more to read.</summary>
    private static bool TryAdopt(TrackedFile file, FileEntry entry, bool isCopy, DateTimeOffset now)
    {
        if (TryOpen(entry) is not { } source)
        {
            return false;
        }

        var isKept = false;
        try
        {
            var length = source.Length;
            if (!file.Fits(source) || (source.IsGrowing && !isCopy && length < file.ReadEnd))
            {
                return false;
            }

            (file.Id, file.Path, file.SeenAt, file.MissingSince, file.ComparedWith) = (entry.Stamp.Id, entry.Path, now, null, entry.Stamp);
            if (source.IsGrowing && length < file.ReadEnd)
            {
                // A copy that was made before the last lines came: those were read from the original.
                file.EndAt(length);
            }
            else if (file.IsFinished && source.IsGrowing && length > file.ReadEnd)
            {
                file.Resume();
            }

            if (!file.IsRead)
            {
                file.Open(source, now);
                isKept = true;
            }

            return true;
        }
        finally
        {
            if (!isKept)
            {
                source.Dispose();
            }
        }
    }

    /// <summary>Finds content that is not where it was among files that nobody knows: a copy, or what compression made of it.</summary>
    private static void FindByContent(TrackedFile file, List<FileEntry> others, DateTimeOffset now)
    {
        if (file.Head.Length == 0)
        {
            // Nothing of it is known: whatever it held is a file of its own.
            file.Lose();
            return;
        }

        foreach (var entry in others)
        {
            try
            {
                if ((!file.IsFinished || HasNoMore(entry, file.Acknowledged)) && TryAdopt(file, entry, isCopy: true, now))
                {
                    others.Remove(entry);
                    return;
                }
            }
            catch (IOException)
            {
                // Not whole yet, perhaps: it is looked at again.
            }
        }
    }

    private static bool HasNoMore(FileEntry entry, long length)
    {
        using var source = TryOpen(entry);
        return source is not null && (entry.IsGzip ? source.Length == (uint)length : source.Length <= length);
    }

    /// <summary>Takes in what nobody knows and is no copy: files that were there, and rotated away, between two looks or while no agent ran.</summary>
    private void AddMissed(List<FileEntry> others, FileEntry? live)
    {
        others.RemoveAll(entry => entry.Stamp.Length == 0 || IsCopy(entry));
        foreach (var entry in missed.Sift(others))
        {
            // Before the file that is there now, and before those that were written to later and are not begun.
            var at = files.FindIndex(file => file.Id is not null && (file.Id == live?.Stamp.Id
                || (file is { IsRead: false, ReadEnd: 0 } && file.Source?.ModifiedNanoseconds > entry.Stamp.ModifiedNanoseconds)));
            AddNew(entry, at < 0 ? files.Count : at);
        }
    }

    /// <summary>Whether a file is, or is becoming, a copy of one that is open and intact.</summary>
    private bool IsCopy(FileEntry entry)
    {
        try
        {
            using var copy = TryOpen(entry);
            return copy is not null && files.Exists(file => file.Source is { } source && SameStart.Of(copy, source));
        }
        catch (IOException)
        {
            return true; // Not whole yet.
        }
    }

    private void AddNew(FileEntry entry, int at)
    {
        if (TryOpen(entry) is { } source)
        {
            Add(entry, source, at, static _ => { });
            LogFollowed(logger, entry.Path);
            isUnreadable = false;
        }
        else if (!isUnreadable)
        {
            isUnreadable = true;
            LogUnreadable(logger, entry.Path, "it cannot be opened.");
        }
    }

    private void Add(FileEntry entry, ILogSource source, int at, Action<TrackedFile> begin)
    {
        // The name may lead to another file by now: what was opened counts.
        var id = source is PlainSource plain ? plain.Stamp.Id : entry.Stamp.Id;
        var file = new TrackedFile(entry.Path, id, options);
        file.Open(source, time.GetUtcNow());
        try
        {
            begin(file);
            files.Insert(at, file);
        }
        catch (IOException e)
        {
            LogUnreadable(logger, entry.Path, e.Message);
            file.Dispose();
        }
    }

    private void Settle(DateTimeOffset now)
    {
        foreach (var file in files.Where(file => !file.IsFinished && file.Source is null && !file.IsRead))
        {
            file.MissingSince ??= now;
            if (now - file.MissingSince >= options.SearchFor)
            {
                LogLost(logger, file.Path, file.ReadEnd);
                file.Lose();
            }
        }

        // The file before the one that is there now stays open: its writer may not know yet that it was rotated.
        for (var i = 0; i < files.Count; i++)
        {
            var file = files[i];
            if (file is { IsFinished: true, Source.IsDeleted: true } && now - file.GrownAt >= options.DeletedQuiet)
            {
                file.Close();
                file.Id = null;
            }
            else if (file.IsFinished && (i < files.Count - 2 || file.Source is { IsGrowing: false }))
            {
                file.Close();
            }
        }

        files.RemoveAll(file => file is { IsFinished: true, Id: null } && now - file.SeenAt >= options.RememberFor);
        SeenAt = files.Exists(file => file.Id is not null) ? now : SeenAt;
        IsUnsettled = missed.HasDoubt || files.Exists(file => !file.IsRead && file.Source is null);
    }
}
