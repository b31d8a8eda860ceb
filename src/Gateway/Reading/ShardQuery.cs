using System.Globalization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Reading;

/// <summary>Which shards of a stream are listed, and after which one; what ListShards' token holds.</summary>
/// <param name="StreamName">The stream.</param>
/// <param name="Generation">Its key, once a page was given; null before.</param>
/// <param name="Type">The rule.</param>
/// <param name="UnixMilliseconds">The rule's time; 0 where it has none.</param>
/// <param name="After">Shards after this one; null for all.</param>
internal sealed record ShardQuery(
    string StreamName, StreamGeneration? Generation, ShardFilterType Type, long UnixMilliseconds, ShardId? After)
{
    /// <summary>The shards that are listed at a moment, by id.</summary>
    public IEnumerable<ShardDescription> Select(StreamRoute route, long nowUnixMilliseconds)
    {
        var matches = Compile(route.Stream, nowUnixMilliseconds);
        return route.ById.ToArray().Where(shard => (After is not { } after || shard.Id > after) && matches(shard));
    }

    /// <summary>The rule as a test of a shard, at a moment.</summary>
    public Func<ShardDescription, bool> Compile(StreamDescription stream, long nowUnixMilliseconds)
    {
        var horizon = Math.Max(
            Math.Max(nowUnixMilliseconds - (stream.RetentionHours * 3_600_000L), stream.HorizonFloorUnixMilliseconds),
            stream.CreatedUnixMilliseconds);
        var time = Math.Max(UnixMilliseconds, horizon);
        return Type switch
        {
            ShardFilterType.AtLatest => static shard => shard.IsOpen,
            ShardFilterType.AtTrimHorizon => shard => StartOf(shard) <= horizon && EndOf(shard) >= horizon,
            ShardFilterType.AtTimestamp => shard => StartOf(shard) <= time && EndOf(shard) >= time,
            ShardFilterType.FromTimestamp => shard => EndOf(shard) >= time,
            _ => shard => EndOf(shard) >= horizon,
        };

        // A stream's first shards are there from its creation on, though their second may be a later one.
        long StartOf(ShardDescription shard) =>
            shard.Parents.IsEmpty ? Math.Min(shard.CreatedSecond * 1000, stream.CreatedUnixMilliseconds) : shard.CreatedSecond * 1000;
    }

    public string ToToken() => string.Create(
        CultureInfo.InvariantCulture, $"{StreamName}\n{Generation?.Value ?? 0}\n{(int)Type}\n{UnixMilliseconds}\n{After?.Index ?? -1}");

    /// <summary>Reads what <see cref="ToToken"/> wrote; tokens are authenticated, so it is well-formed.</summary>
    public static ShardQuery FromToken(string token)
    {
        var parts = token.Split('\n');
        var after = int.Parse(parts[4], CultureInfo.InvariantCulture);
        return new ShardQuery(
            parts[0],
            new StreamGeneration(long.Parse(parts[1], CultureInfo.InvariantCulture)),
            (ShardFilterType)int.Parse(parts[2], CultureInfo.InvariantCulture),
            long.Parse(parts[3], CultureInfo.InvariantCulture),
            after < 0 ? null : new ShardId(after));
    }

    private static long EndOf(ShardDescription shard) => shard.ClosedUnixMilliseconds ?? long.MaxValue;
}
