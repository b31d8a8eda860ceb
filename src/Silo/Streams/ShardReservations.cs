using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <summary>Shards that the catalogue granted and that no row tells yet. In memory: a grant whose stream never wrote it lapses.</summary>
/// <remarks>Used in the catalogue's turns.</remarks>
public sealed class ShardReservations(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<StreamGeneration, (int Shards, long HeadVersion, long Granted)> granted = [];

    /// <param name="stream">Who asked.</param>
    /// <param name="shards">The open shards it may have.</param>
    /// <param name="headVersion">Its head's version: once that has moved on, the head tells what is reserved.</param>
    public void Set(StreamGeneration stream, int shards, long headVersion)
    {
        foreach (var lapsed in granted.Where(entry => IsLapsed(entry.Value.Granted)).Select(entry => entry.Key).ToList())
        {
            granted.Remove(lapsed);
        }

        granted[stream] = (shards, headVersion, time.GetTimestamp());
    }

    public bool Holds(StreamGeneration stream, long headVersion) => Get(stream, headVersion) > 0;

    public int Get(StreamGeneration stream, long headVersion) =>
        granted.TryGetValue(stream, out var grant) && grant.HeadVersion == headVersion && !IsLapsed(grant.Granted) ? grant.Shards : 0;

    private bool IsLapsed(long granted) => time.GetElapsedTime(granted) >= Lifetime;
}
