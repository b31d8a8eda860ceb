using System.Globalization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>Which shards of a stream are listed, and after which one; what ListShards' token holds.</summary>
/// <param name="StreamName">The stream.</param>
/// <param name="Generation">Its key, once a page was given; null before.</param>
/// <param name="Type">The rule.</param>
/// <param name="UnixMilliseconds">The rule's time; 0 where it has none.</param>
/// <param name="After">Shards after this one; null for all.</param>
internal sealed record ShardQuery(
    string StreamName, StreamGeneration? Generation, V1.ShardFilterType Type, long UnixMilliseconds, ShardId? After)
{
    public static ShardQuery From(V1.ListShardsRequest request)
    {
        var after = StreamRequests.ToShardIdOrNone("exclusive_start_shard_id", request.ExclusiveStartShardId);
        var filter = request.ShardFilter;
        var type = filter?.Type ?? V1.ShardFilterType.Unspecified;
        var time = 0L;
        switch (type)
        {
            case V1.ShardFilterType.AfterShardId:
                var shard = StreamRequests.ToShardId("shard_filter.shard_id", filter!.ShardId);
                after = after is { } other && other > shard ? other : shard;
                break;
            case V1.ShardFilterType.AtTimestamp or V1.ShardFilterType.FromTimestamp:
                StreamRequests.Check(
                    filter!.Timestamp is { Seconds: >= 0 and < 253_402_300_800, Nanos: >= 0 },
                    "shard_filter.timestamp is absent or out of range: AT_TIMESTAMP and FROM_TIMESTAMP need a time from 1970 on.");
                time = (filter.Timestamp.Seconds * 1000) + (filter.Timestamp.Nanos / 1_000_000);
                break;
            default:
                StreamRequests.Check(Enum.IsDefined(type), $"shard_filter.type is {type}: it is unknown.");
                break;
        }

        StreamRequests.CheckName("stream_name", request.StreamName);
        return new ShardQuery(request.StreamName, null, type, time, after);
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
            V1.ShardFilterType.AtLatest => static shard => shard.IsOpen,
            V1.ShardFilterType.AtTrimHorizon => shard => StartOf(shard) <= horizon && EndOf(shard) >= horizon,
            V1.ShardFilterType.AtTimestamp => shard => StartOf(shard) <= time && EndOf(shard) >= time,
            V1.ShardFilterType.FromTimestamp => shard => EndOf(shard) >= time,
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
            (V1.ShardFilterType)int.Parse(parts[2], CultureInfo.InvariantCulture),
            long.Parse(parts[3], CultureInfo.InvariantCulture),
            after < 0 ? null : new ShardId(after));
    }

    private static long EndOf(ShardDescription shard) => shard.ClosedUnixMilliseconds ?? long.MaxValue;
}
