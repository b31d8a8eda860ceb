using Broker.Gateway.Reading;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>Reads queries from requests; the numbers of the filter types are the same.</summary>
internal static class ShardQueries
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
        return new ShardQuery(
            request.StreamName, null, type == V1.ShardFilterType.Unspecified ? ShardFilterType.FromTrimHorizon : (ShardFilterType)type, time, after);
    }
}
