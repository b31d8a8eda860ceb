using Broker.Agent.Files;

namespace Broker.Agent.Tailing;

/// <summary>Decides when a file that nobody knows is taken for one that was missed: when it is not being written any more, so that it is no copy in the making.</summary>
internal sealed class MissedFiles(TailOptions options, TimeProvider time)
{
    private Dictionary<FileId, DateTimeOffset> doubtful = [];

    /// <summary>Whether there are files that were not decided upon.</summary>
    public bool HasDoubt => doubtful.Count > 0;

    /// <summary>Those of the files that are to be read.</summary>
    public List<FileEntry> Sift(IEnumerable<FileEntry> unknown)
    {
        var now = time.GetUtcNow();
        var still = new Dictionary<FileId, DateTimeOffset>();
        var taken = new List<FileEntry>();
        foreach (var entry in unknown)
        {
            var since = doubtful.GetValueOrDefault(entry.Stamp.Id, now);
            var modified = DateTimeOffset.FromUnixTimeMilliseconds(entry.Stamp.ModifiedNanoseconds / 1_000_000);
            if (now - modified < options.MissedQuiet && now - since < options.SearchFor)
            {
                still.Add(entry.Stamp.Id, since);
            }
            else
            {
                taken.Add(entry);
            }
        }

        doubtful = still;
        return taken;
    }
}
