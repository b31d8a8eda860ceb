using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>Where a <see cref="StreamFollower"/> reads from: one stream, by push or by polling. A fake takes its place in tests.</summary>
internal interface IShardSource
{
    /// <summary>Lists the stream's shards that pass the filter, all pages.</summary>
    Task<IReadOnlyList<Shard>> ListShardsAsync(ShardFilter filter, CancellationToken cancellation);

    /// <summary>Reads a shard from a position on, until its end, a failure or cancellation.</summary>
    IAsyncEnumerable<ShardEvent> ReadAsync(string shardId, StartingPosition position, CancellationToken cancellation);
}
