using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <summary>What a shard must know of itself and its stream: read when it is activated, and its stream again when its version moved.</summary>
public interface IShardDirectory
{
    /// <summary>Looks a shard up in its stream's durable lineage; null where the stream or the shard is not (or no longer) there.</summary>
    ValueTask<ShardEntry?> FindAsync(ShardKey shard, CancellationToken cancellationToken);

    /// <summary>The stream's present settings; null where it is gone.</summary>
    ValueTask<StreamDescription?> DescribeStreamAsync(StreamGeneration stream, CancellationToken cancellationToken);
}

/// <summary>A shard as its lineage has it.</summary>
/// <param name="Shard">The shard itself.</param>
/// <param name="Parents">Its parents that are still in the lineage: closed, their ends known.</param>
/// <param name="Stream">Its stream's settings.</param>
public sealed record ShardEntry(ShardDescription Shard, ImmutableArray<ShardDescription> Parents, StreamDescription Stream);
