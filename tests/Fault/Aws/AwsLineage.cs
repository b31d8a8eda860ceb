namespace Broker.Tests.Fault.Aws;

/// <summary>Which shards a follower may begin: the first ones, and a child once the ends of all its parents were read. Not thread-safe.</summary>
public sealed class AwsLineage(IEnumerable<string> first)
{
    private readonly HashSet<string> begun = [.. first];
    private readonly HashSet<string> ended = [];

    /// <summary>The shards that were begun so far.</summary>
    public IReadOnlySet<string> Begun => begun;

    /// <summary>Notes the end of a shard.</summary>
    /// <returns>The shards to begin now.</returns>
    public List<string> End(string shard, List<(string Shard, List<string> Parents)> children)
    {
        if (children.Count == 0)
        {
            throw new InvalidDataException($"{shard} ended and named no child shards.");
        }

        ended.Add(shard);
        return [.. children.Where(child => child.Parents.TrueForAll(ended.Contains) && begun.Add(child.Shard)).Select(child => child.Shard)];
    }
}
