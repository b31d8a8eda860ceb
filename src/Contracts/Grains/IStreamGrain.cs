using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Orleans.Concurrency;

namespace Broker.Contracts.Grains;

/// <summary>A stream: its hash-key map, lineage, mode, settings and consumers; carries out operations as persisted steps. Keyed by generation.</summary>
/// <remarks>
/// Every member throws <see cref="BrokerException"/>: ResourceNotFound where the stream is gone, ResourceInUse where it is not in
/// the state that the operation needs. Operations that take time return when their intent is durable; the stream is then
/// UPDATING or DELETING, and the operation completes even if every process dies in the middle.
/// </remarks>
[Alias("broker.IStreamGrain")]
public interface IStreamGrain : IGrainWithIntegerKey
{
    /// <summary>Carries out the creation that the catalogue recorded. Called by the catalogue alone; repeatable.</summary>
    [Alias("Create")]
    Task CreateAsync(CreateStreamCommand command);

    /// <summary>Goes on with whatever operation was cut off. Called at start-up for each stream that has one; repeatable.</summary>
    [Alias("Resume")]
    Task ResumeAsync();

    [Alias("Describe"), AlwaysInterleave]
    Task<StreamDescription> DescribeAsync();

    /// <summary>The map, or null when its version is still <paramref name="knownVersion"/>.</summary>
    [Alias("GetMap"), AlwaysInterleave]
    Task<StreamMap?> GetMapAsync(long knownVersion);

    [Alias("Delete")]
    Task DeleteAsync(bool enforceConsumerDeletion);

    [Alias("SplitShard")]
    Task SplitShardAsync(ShardId shard, HashKey newStartingHashKey);

    [Alias("MergeShards")]
    Task MergeShardsAsync(ShardId shard, ShardId adjacentShard);

    /// <returns>Open shards before.</returns>
    [Alias("UpdateShardCount")]
    Task<int> UpdateShardCountAsync(int targetShardCount);

    [Alias("IncreaseRetention")]
    Task IncreaseRetentionAsync(int hours);

    [Alias("DecreaseRetention")]
    Task DecreaseRetentionAsync(int hours);

    [Alias("UpdateMode")]
    Task UpdateModeAsync(StreamMode mode);

    /// <param name="bytes">1 to 10 MiB.</param>
    [Alias("UpdateMaxRecordSize")]
    Task UpdateMaxRecordSizeAsync(int bytes);

    [Alias("AddTags")]
    Task AddTagsAsync(ImmutableSortedDictionary<string, string> tags);

    [Alias("RemoveTags")]
    Task RemoveTagsAsync(ImmutableArray<string> keys);

    [Alias("ListTags"), AlwaysInterleave]
    Task<ImmutableSortedDictionary<string, string>> ListTagsAsync();

    [Alias("RegisterConsumer")]
    Task<ConsumerDescription> RegisterConsumerAsync(string name);

    [Alias("DeregisterConsumer")]
    Task DeregisterConsumerAsync(string name);

    [Alias("DescribeConsumer"), AlwaysInterleave]
    Task<ConsumerDescription> DescribeConsumerAsync(string name);

    /// <summary>Consumers in name order after a name.</summary>
    [Alias("ListConsumers"), AlwaysInterleave]
    Task<ImmutableArray<ConsumerDescription>> ListConsumersAsync(string? afterName, int limit);
}
