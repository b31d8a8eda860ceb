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

    /// <summary>Has new records encrypted under a new data key; with the same key id and master key as at present it changes nothing.</summary>
    /// <param name="keyId">The master key as the client names it, 1 to 2,048 characters.</param>
    /// <param name="masterKeyId">The same as the key provider names it.</param>
    /// <param name="wrappedKey">A new data key under it.</param>
    /// <exception cref="BrokerException">LimitExceeded: as often as it may be in 24 hours, or more data keys than a stream may have.</exception>
    [Alias("StartEncryption")]
    Task StartEncryptionAsync(string keyId, string masterKeyId, ImmutableArray<byte> wrappedKey);

    /// <summary>Has new records stored in the clear; those that were encrypted stay so, and readable. Repeatable.</summary>
    /// <exception cref="BrokerException">LimitExceeded: as often as it may be in 24 hours.</exception>
    [Alias("StopEncryption")]
    Task StopEncryptionAsync();

    /// <summary>Puts a new data key in the place of one that has served its time. Called by gateways; repeatable.</summary>
    /// <param name="expectedGeneration">The data key in use: nothing changes where another one is by now.</param>
    /// <param name="masterKeyId">As in <see cref="StartEncryptionAsync"/>.</param>
    /// <param name="wrappedKey">As in <see cref="StartEncryptionAsync"/>.</param>
    [Alias("RotateDataKey")]
    Task RotateDataKeyAsync(uint expectedGeneration, string masterKeyId, ImmutableArray<byte> wrappedKey);
}
