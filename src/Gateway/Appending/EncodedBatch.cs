using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Appending;

/// <summary>A put's records, checked, hashed, and encoded for the shards that take them by one map.</summary>
public sealed class EncodedBatch
{
    internal EncodedBatch(StreamRoute route, HashKey[] keys, List<(ShardDescription Shard, EncodedRecords Records)> shards, int bytes)
    {
        Route = route;
        Keys = keys;
        Shards = shards;
        Bytes = bytes;
    }

    public int RecordCount => Keys.Length;

    /// <summary>Encoded bytes of all records.</summary>
    public int Bytes { get; }

    internal StreamRoute Route { get; }

    internal HashKey[] Keys { get; }

    internal List<(ShardDescription Shard, EncodedRecords Records)> Shards { get; }
}
