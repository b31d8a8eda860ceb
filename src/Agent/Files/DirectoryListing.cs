namespace Broker.Agent.Files;

/// <summary>The files of a directory, listed anew when names have changed, and now and then in any case.</summary>
/// <remarks>For one caller at a time. A directory that is not there, or may not be read, is empty.</remarks>
internal sealed class DirectoryListing(string path, TimeSpan refreshAfter, TimeProvider time)
{
    /// <summary>
    /// A directory's stamp is only as fine as the kernel's tick, and on some file systems a second: as long as it is this young, names may
    /// have changed without changing it.
    /// </summary>
    private static readonly TimeSpan StampDoubt = TimeSpan.FromSeconds(1);

    private (FileId Id, long Modified)? listed;
    private DateTimeOffset listedAt = DateTimeOffset.UnixEpoch;

    public string Path { get; } = path;

    public IReadOnlyList<FileEntry> Entries { get; private set; } = [];

    /// <summary>Lists the files if that is due.</summary>
    /// <param name="force">List them in any case.</param>
    /// <returns>Whether they were listed.</returns>
    public bool Refresh(bool force)
    {
        var now = time.GetUtcNow();
        var stamp = LinuxFiles.Stat(Path) is { Kind: FileKind.Directory } found ? (found.Id, found.ModifiedNanoseconds) : ((FileId, long)?)null;
        var isYoung = stamp is { } young && young.Item2 / 1_000_000 >= (listedAt - StampDoubt).ToUnixTimeMilliseconds();
        if (!force && !isYoung && stamp == listed && now - listedAt < refreshAfter)
        {
            return false;
        }

        listed = stamp;
        listedAt = now;
        Entries = stamp is null ? [] : List();
        return true;
    }

    private List<FileEntry> List()
    {
        var entries = new List<FileEntry>();
        try
        {
            foreach (var path in Directory.EnumerateFiles(Path))
            {
                if (LinuxFiles.Stat(path) is { Kind: FileKind.Regular } stamp)
                {
                    entries.Add(new FileEntry(path, System.IO.Path.GetFileName(path), stamp));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            listed = null; // It is tried again at the next look.
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }
}
