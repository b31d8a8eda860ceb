using System.Globalization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;

namespace Broker.Silo.Streams.Rows;

/// <summary>Where the control plane's rows are (docs/layouts/rows.md). Numbers in keys are padded, so that they sort.</summary>
public static class RowKeys
{
    /// <summary>The heads of all streams, by generation.</summary>
    public const string Streams = "streams";

    /// <summary>The last generation given, to any account.</summary>
    public static RowKey LastGeneration { get; } = new("counters", "generation");

    /// <summary>Where the expiry clock stood.</summary>
    public static RowKey ExpiryFloor { get; } = new("counters", "expiry-floor");

    /// <summary>When the last sweep of a cluster began.</summary>
    public static RowKey LastSweep { get; } = new("counters", "last-sweep");

    /// <summary>The names of an account.</summary>
    public static string Names(string account) => $"names/{account}";

    public static RowKey Name(string account, string name) => new(Names(account), name);

    public static RowKey TokenKey(string account) => new($"secrets/{account}", "token-key");

    public static RowKey AccountSettings(string account) => new($"accounts/{account}", "settings");

    public static RowKey Head(StreamGeneration stream) => new(Streams, stream.Value.ToString("D19", CultureInfo.InvariantCulture));

    public static StreamGeneration GenerationOf(RowKey head) => StreamGeneration.Parse(head.Key);

    public static string Shards(StreamGeneration stream) => $"shards/{stream}";

    public static RowKey Shard(ShardKey shard) => new(Shards(shard.Stream), shard.Shard.Index.ToString("D10", CultureInfo.InvariantCulture));

    public static ShardId ShardOf(RowKey key) => new(int.Parse(key.Key, NumberStyles.None, CultureInfo.InvariantCulture));

    public static string Consumers(StreamGeneration stream) => $"consumers/{stream}";

    public static RowKey Consumer(StreamGeneration stream, string name) => new(Consumers(stream), name);
}
