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

    /// <summary>Sees in the store that the map is the newest. An activation on a silo that was cut off may be the last to hear that there is another.</summary>
    /// <exception cref="BrokerException">Unavailable: it is not, and this activation goes; ask again.</exception>
    [Alias("ConfirmMap")]
    Task ConfirmMapAsync();

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

    /// <param name="mode">The mode it shall have. PROVISIONED takes warm throughput and Auto distribution away.</param>
    /// <param name="warmThroughputMiBps">As in <see cref="UpdateWarmThroughputAsync"/>, for ON_DEMAND; null leaves it as it is.</param>
    /// <exception cref="BrokerException">Validation: warm throughput for PROVISIONED.</exception>
    [Alias("UpdateMode")]
    Task UpdateModeAsync(StreamMode mode, int? warmThroughputMiBps = null);

    /// <summary>Keeps an ON_DEMAND stream ready for a write throughput: opens shards until there is one for each MiB/s, and never merges below that.</summary>
    /// <param name="mibps">0 (none) to <see cref="WarmThroughput.MaxMiBps"/>.</param>
    /// <returns>The target, and what the open shards are ready for now.</returns>
    /// <exception cref="BrokerException">Validation: the stream is PROVISIONED. LimitExceeded: more shards than a stream may have.</exception>
    [Alias("UpdateWarmThroughput")]
    Task<WarmThroughput> UpdateWarmThroughputAsync(int mibps);

    /// <summary>Says what decides the shard of a record. Auto evens out the shards of a stream whose ranges are uneven.</summary>
    /// <exception cref="BrokerException">InvalidArgument: the stream is PROVISIONED.</exception>
    [Alias("UpdateRecordDistribution")]
    Task UpdateRecordDistributionAsync(RecordDistributionStrategy strategy);

    /// <param name="metrics">1 to 7 names of <see cref="ShardLevelMetrics"/>, or ALL.</param>
    [Alias("EnableMetrics")]
    Task<ShardLevelMetricsChange> EnableMetricsAsync(ImmutableArray<string> metrics);

    /// <param name="metrics">1 to 7 names of <see cref="ShardLevelMetrics"/>, or ALL.</param>
    [Alias("DisableMetrics")]
    Task<ShardLevelMetricsChange> DisableMetricsAsync(ImmutableArray<string> metrics);

    /// <summary>Replaces the resource policy of the stream or of a consumer.</summary>
    /// <param name="consumer">The consumer's name; empty for the stream.</param>
    /// <param name="policy">A JSON object of at most 20 KB of UTF-8. What it says is the authorizer's to judge.</param>
    [Alias("PutResourcePolicy")]
    Task PutResourcePolicyAsync(string consumer, string policy);

    /// <param name="consumer">The consumer's name; empty for the stream.</param>
    /// <exception cref="BrokerException">ResourceNotFound: it has no policy.</exception>
    [Alias("GetResourcePolicy"), AlwaysInterleave]
    Task<string> GetResourcePolicyAsync(string consumer);

    /// <param name="consumer">The consumer's name; empty for the stream.</param>
    /// <exception cref="BrokerException">ResourceNotFound: it has no policy.</exception>
    [Alias("DeleteResourcePolicy")]
    Task DeleteResourcePolicyAsync(string consumer);

    /// <param name="bytes">1 to 10 MiB.</param>
    [Alias("UpdateMaxRecordSize")]
    Task UpdateMaxRecordSizeAsync(int bytes);

    [Alias("AddTags")]
    Task AddTagsAsync(ImmutableSortedDictionary<string, string> tags);

    [Alias("RemoveTags")]
    Task RemoveTagsAsync(ImmutableArray<string> keys);

    [Alias("ListTags"), AlwaysInterleave]
    Task<ImmutableSortedDictionary<string, string>> ListTagsAsync();

    /// <param name="name">1 to 128 characters of [a-zA-Z0-9_.-].</param>
    /// <param name="tags">At most the tag quota; null for none.</param>
    [Alias("RegisterConsumer")]
    Task<ConsumerDescription> RegisterConsumerAsync(string name, ImmutableSortedDictionary<string, string>? tags = null);

    [Alias("AddConsumerTags")]
    Task AddConsumerTagsAsync(string consumer, ImmutableSortedDictionary<string, string> tags);

    [Alias("RemoveConsumerTags")]
    Task RemoveConsumerTagsAsync(string consumer, ImmutableArray<string> keys);

    [Alias("ListConsumerTags"), AlwaysInterleave]
    Task<ImmutableSortedDictionary<string, string>> ListConsumerTagsAsync(string consumer);

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
