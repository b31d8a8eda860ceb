namespace Broker.Cli.Client;

/// <summary>Which shards a follower has to read, and when: a child only after all its parents that are read too.</summary>
/// <remarks>A plain state machine for one caller; what it was told decides what it says. No I/O.</remarks>
internal sealed class ShardLineage
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    private enum State
    {
        Waiting,
        Reading,
        CaughtUp,
        Finished,
    }

    /// <summary>True when every shard is read to its end.</summary>
    public bool IsFinished => entries.Values.All(entry => entry.State == State.Finished);

    /// <summary>True when every shard is read to its end or, open, has been caught up with.</summary>
    public bool IsCaughtUp => entries.Values.All(entry => entry.State is State.Finished or State.CaughtUp);

    public bool Knows(string shardId) => entries.ContainsKey(shardId);

    /// <summary>Takes a shard into those to be read; known ones are left as they are.</summary>
    /// <param name="shardId">The shard.</param>
    /// <param name="parents">Its parents; those that are never taken in count as read.</param>
    public void Add(string shardId, IEnumerable<string> parents) =>
        entries.TryAdd(shardId, new Entry([.. parents.Where(parent => parent.Length > 0)]));

    /// <summary>Takes in what descends from shards that are read already, out of a whole listing, in any order.</summary>
    public void AddDescendants(IReadOnlyCollection<(string ShardId, IReadOnlyList<string> Parents)> listing)
    {
        bool grew;
        do
        {
            grew = false;
            foreach (var (shardId, parents) in listing)
            {
                if (!entries.ContainsKey(shardId) && parents.Any(entries.ContainsKey))
                {
                    Add(shardId, parents);
                    grew = true;
                }
            }
        }
        while (grew);
    }

    /// <summary>Gives each shard once whose turn has come; its reading begins.</summary>
    public IReadOnlyList<string> TakeReady()
    {
        var ready = entries
            .Where(pair => pair.Value.State == State.Waiting && pair.Value.Parents.All(IsRead))
            .Select(pair => pair.Key)
            .Order(StringComparer.Ordinal)
            .ToArray();
        foreach (var shardId in ready)
        {
            entries[shardId].State = State.Reading;
        }

        return ready;
    }

    public void MarkCaughtUp(string shardId)
    {
        if (entries[shardId].State == State.Reading)
        {
            entries[shardId].State = State.CaughtUp;
        }
    }

    public void MarkFinished(string shardId) => entries[shardId].State = State.Finished;

    private bool IsRead(string parent) => !entries.TryGetValue(parent, out var entry) || entry.State == State.Finished;

    private sealed class Entry(string[] parents)
    {
        public string[] Parents { get; } = parents;

        public State State { get; set; }
    }
}
