using Broker.Agent.Checkpoints;
using Broker.Agent.Files;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Tailing;

/// <summary>Reads the files of a flow: finds them, follows them through rotation, and gives their records, those of each path in order.</summary>
/// <remarks>For one caller at a time.</remarks>
internal sealed partial class FlowTailer(IReadOnlyList<FilePattern> patterns, TailOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Dictionary<string, DirectoryListing> directories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<FilePattern>> ownPatterns = new(StringComparer.Ordinal);
    private readonly List<Lineage> lineages = [];
    private DateTimeOffset expandedAt = DateTimeOffset.UnixEpoch;
    private DateTimeOffset settledAt;
    private bool isStale = true;
    private int turn;

    /// <summary>Paths that are followed.</summary>
    public int PathCount => lineages.Count;

    /// <summary>Rises when files are found, renamed or gone.</summary>
    public int Changes { get; private set; }

    /// <summary>Bytes of the open files that are not read yet.</summary>
    public long BytesBehind => lineages.Sum(lineage => lineage.Files.Sum(file => file is { IsRead: false, Source: { IsGrowing: true } source } ? Math.Max(0, source.Length - file.ReadEnd) : 0));

    /// <summary>Begins with the files as they are: the first start of the flow.</summary>
    public void Begin()
    {
        List();
        foreach (var pattern in patterns.Where(pattern => pattern.IsPath))
        {
            FindOrAdd(pattern.ToString());
        }

        AddLineages();
        foreach (var lineage in lineages)
        {
            lineage.Begin(SiblingsOf(lineage), IsOwn);
        }
    }

    /// <summary>Goes on where the flow was left.</summary>
    public void Restore(FlowCheckpoint checkpoint)
    {
        foreach (var saved in checkpoint.Lineages)
        {
            var lineage = FindOrAdd(saved.Path);
            foreach (var file in saved.Files)
            {
                var tracked = new TrackedFile(file.Path, file.Id, options) { SeenAt = time.GetUtcNow() };
                tracked.Restore(file.Head, file.Anchor, file.Acknowledged, file.IsFinished);
                lineage.Restore(tracked);
            }
        }
    }

    /// <summary>Where the flow is now.</summary>
    public FlowCheckpoint Checkpoint(string flow) => new(flow, [.. lineages.Select(lineage => new LineageCheckpoint(
        lineage.BasePath,
        [.. lineage.Files.Select(file => new FileCheckpoint(file.Path, file.Id, file.Head, file.Anchor, file.Acknowledged, file.IsFinished))]))]);

    /// <summary>Reads on in every file, a chunk each.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Read(IRecordSink sink)
    {
        Refresh();
        var progress = false;
        for (var i = 0; i < lineages.Count && !sink.IsFull; i++)
        {
            var lineage = lineages[(turn + i) % lineages.Count];
            try
            {
                lineage.Watch();
                progress |= Read(lineage, sink);
            }
            catch (IOException e)
            {
                LogUnreadable(logger, lineage.BasePath, e.Message);
                lineage.Reopen();
                isStale = true;
            }
        }

        turn = lineages.Count == 0 ? 0 : (turn + 1) % lineages.Count;
        return progress;
    }

    /// <summary>Goes back to what is not dealt with.</summary>
    public void Rewind() => lineages.ForEach(lineage => lineage.Rewind());

    /// <summary>Forgets paths at which nothing has been for long.</summary>
    public void Forget(TimeSpan after) => lineages.RemoveAll(lineage =>
    {
        var isGone = time.GetUtcNow() - lineage.SeenAt > after && !patterns.Any(pattern => pattern.IsPath && pattern.ToString() == lineage.BasePath);
        if (isGone)
        {
            lineage.Dispose();
        }

        return isGone;
    });

    public void Dispose() => lineages.ForEach(lineage => lineage.Dispose());

    private bool Read(Lineage lineage, IRecordSink sink)
    {
        var progress = false;
        while (lineage.Current is { } file)
        {
            progress |= Drain(file, sink, isFinal: false);
            if (sink.IsFull)
            {
                return true;
            }

            switch (file.Fill(time.GetUtcNow()))
            {
                case FillResult.More:
                    Drain(file, sink, isFinal: false);
                    return true;
                case FillResult.Replaced:
                    lineage.Displace(file);
                    isStale = true;
                    return progress;
                default:
                    if (!lineage.IsOver(file))
                    {
                        return progress;
                    }

                    Drain(file, sink, isFinal: true);
                    file.MarkRead();
                    progress = true;
                    break;
            }
        }

        return progress;
    }

    private bool Drain(TrackedFile file, IRecordSink sink, bool isFinal)
    {
        var any = false;
        while ((isFinal || !sink.IsFull) && file.TryTake(time.GetUtcNow(), isFinal, out var record))
        {
            sink.Take(record);
            any = true;
        }

        return any;
    }

    private void Refresh()
    {
        // While something is looked for directories are listed at every turn, but no more often than files change names.
        var now = time.GetUtcNow();
        var isUnsettled = lineages.Exists(lineage => lineage.IsUnsettled) && now - settledAt >= TimeSpan.FromMilliseconds(50);
        var force = isStale || isUnsettled;
        if (List(force))
        {
            (isStale, settledAt) = (false, now);
            Reconcile();
        }
    }

    private bool List(bool force = true)
    {
        var now = time.GetUtcNow();
        if (now - expandedAt >= options.RefreshAfter)
        {
            expandedAt = now;
            Expand();
        }

        var isListed = false;
        foreach (var directory in directories.Values)
        {
            isListed |= directory.Refresh(force);
        }

        return isListed;
    }

    /// <summary>Finds the directories: patterns may lead to others than before.</summary>
    private void Expand()
    {
        ownPatterns.Clear();
        foreach (var (path, pattern) in patterns.SelectMany(pattern => pattern.Directories().Select(path => (path, pattern))))
        {
            if (!ownPatterns.TryGetValue(path, out var own))
            {
                ownPatterns.Add(path, own = []);
                directories.TryAdd(path, new DirectoryListing(path, options.RefreshAfter, time));
            }

            own.Add(pattern);
        }
    }

    private void Reconcile()
    {
        Changes++;
        AddLineages();
        var byId = new Dictionary<FileId, FileEntry>();
        foreach (var entry in directories.Values.SelectMany(directory => directory.Entries))
        {
            byId.TryAdd(entry.Stamp.Id, entry);
        }

        foreach (var lineage in lineages)
        {
            lineage.Reconcile(SiblingsOf(lineage), byId, id => lineages.Exists(other => other != lineage && IsTracked(other, id)));
        }
    }

    private void AddLineages()
    {
        var own = directories.Values.SelectMany(directory => directory.Entries).Where(entry => !entry.IsCompressed && IsOwn(entry));
        foreach (var entry in own.OrderBy(entry => entry.Path.Length).ThenBy(entry => entry.Path, StringComparer.Ordinal))
        {
            var directory = Path.GetDirectoryName(entry.Path);
            if (!lineages.Exists(lineage => IsTracked(lineage, entry.Stamp.Id)
                || (Path.GetDirectoryName(lineage.BasePath) == directory && RotatedName.Follows(entry.Name, lineage.Name))))
            {
                FindOrAdd(entry.Path);
            }
        }
    }

    private Lineage FindOrAdd(string path)
    {
        if (lineages.Find(lineage => lineage.BasePath == path) is { } known)
        {
            return known;
        }

        var added = new Lineage(path, options, time, logger);
        lineages.Add(added);
        return added;
    }

    private static bool IsTracked(Lineage lineage, FileId id) => lineage.Files.Any(file => file.Id == id);

    private bool IsOwn(FileEntry entry) => Path.GetDirectoryName(entry.Path) is { } directory
        && ownPatterns.TryGetValue(directory, out var own) && own.Exists(pattern => pattern.Matches(entry.Name));

    private List<FileEntry> SiblingsOf(Lineage lineage)
    {
        if (Path.GetDirectoryName(lineage.BasePath) is not { } directory || !directories.TryGetValue(directory, out var listing))
        {
            return [];
        }

        return [.. listing.Entries.Where(entry => entry.Path == lineage.BasePath
            || (!lineages.Exists(other => other.BasePath == entry.Path)
                && (RotatedName.Follows(entry.Name, lineage.Name) || (RotatedName.FollowsBeforeExtension(entry.Name, lineage.Name) && !IsOwn(entry)))))];
    }

    [LoggerMessage(LogLevel.Warning, "Files of {Path} cannot be read for the moment: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string path, string reason);
}
