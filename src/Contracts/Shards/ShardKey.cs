using System.Globalization;
using Broker.Contracts.Streams;

namespace Broker.Contracts.Shards;

/// <summary>What a shard is keyed by everywhere: in the log, as a grain, in iterators.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ShardKey")]
public readonly record struct ShardKey([property: Id(0)] StreamGeneration Stream, [property: Id(1)] ShardId Shard) : IComparable<ShardKey>
{
    /// <summary>The grain key: <c>generation/index</c>.</summary>
    public string ToGrainKey() => string.Create(CultureInfo.InvariantCulture, $"{Stream.Value}/{Shard.Index}");

    public static ShardKey ParseGrainKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return new ShardKey(
            new StreamGeneration(long.Parse(key.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture)),
            new ShardId(int.Parse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture)));
    }

    public int CompareTo(ShardKey other) => Stream != other.Stream ? Stream.CompareTo(other.Stream) : Shard.CompareTo(other.Shard);

    public override string ToString() => $"{Stream}/{Shard}";

    public static bool operator <(ShardKey left, ShardKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ShardKey left, ShardKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ShardKey left, ShardKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ShardKey left, ShardKey right) => left.CompareTo(right) >= 0;
}
