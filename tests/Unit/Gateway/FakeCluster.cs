using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Tests.Unit.Gateway;

/// <summary>One stream "s" in memory, which can be split, merged and deleted at will, and the grains that lead to it.</summary>
internal sealed class FakeCluster : IBrokerGrains, ICatalogueGrain, IStreamGrain
{
    private readonly long created;
    private readonly SortedDictionary<ShardId, FakeShard> shards = [];
    private readonly SortedDictionary<string, ConsumerDescription> consumers = new(StringComparer.Ordinal);
    private StreamMap published;
    private int next;
    private long version = 1;

    public FakeCluster(int shardCount, TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        created = Now;
        foreach (var range in HashKeyRange.Uniform(shardCount))
        {
            Add(range, []);
        }

        published = Map();
    }

    public Lock Sync { get; } = new();

    public TimeProvider Clock { get; }

    public long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public bool IsDeleted { get; set; }

    public bool HoldsMap { get; set; }

    public ImmutableArray<byte> TokenKey { get; set; } = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

    public ICatalogueGrain Catalogue => this;

    public IReadOnlyCollection<FakeShard> Shards => shards.Values;

    public StreamGeneration Generation { get; set; } = new(7);

    public int MaxRecordBytes { get; set; } = 1024 * 1024;

    public StreamEncryption? Encryption { get; set; }

    public StreamMode Mode { get; set; } = StreamMode.OnDemand;

    public RecordDistributionStrategy Distribution { get; set; } = RecordDistributionStrategy.UserPartitionKey;

    public IEnumerable<FakeShard> Open => shards.Values.Where(static shard => shard.Description.IsOpen);

    public IStreamGrain Stream(StreamGeneration generation) => this;

    public IShardGrain Shard(ShardKey shard) => shards[shard.Shard];

    public IApplicationsGrain Applications => throw new NotSupportedException("These tests have no applications.");

    public IClusterGrain Cluster => throw new NotSupportedException("These tests have no cluster.");

    public ILeaseTableGrain LeaseTable(string application) => throw new NotSupportedException("These tests have no applications.");

    public FakeShard this[int index] => shards[new ShardId(index)];

    public void Split(FakeShard shard)
    {
        lock (Sync)
        {
            var range = shard.Description.Range;
            var middle = range.Start.Value + ((range.End.Value - range.Start.Value) / 2) + 1;
            var (lower, upper) = range.SplitAt(new HashKey(middle));
            shard.Seal(Now);
            Add(lower, [shard]);
            Add(upper, [shard]);
            Publish();
        }
    }

    public void Merge(FakeShard left, FakeShard right)
    {
        lock (Sync)
        {
            left.Seal(Now);
            right.Seal(Now);
            Add(left.Description.Range.MergeWith(right.Description.Range), [left, right]);
            Publish();
        }
    }

    public void Publish()
    {
        version++;
        if (!HoldsMap)
        {
            published = Map();
        }
    }

    public Task<StreamMap?> GetMapAsync(long knownVersion)
    {
        lock (Sync)
        {
            return IsDeleted ? throw new BrokerException(BrokerErrorCode.ResourceNotFound, "gone")
                : Task.FromResult(published.Stream.Version == knownVersion ? null : published);
        }
    }

    /// <summary>As an activation that another one superseded: it goes, and the next one has the newest map.</summary>
    public Task ConfirmMapAsync()
    {
        lock (Sync)
        {
            if (!HoldsMap)
            {
                return Task.CompletedTask;
            }

            HoldsMap = false;
            published = Map();
            throw new BrokerException(BrokerErrorCode.Unavailable, "superseded");
        }
    }

    public Task<StreamGeneration?> ResolveAsync(string name) => Task.FromResult(name == "s" && !IsDeleted ? Generation : (StreamGeneration?)null);

    public Task<ImmutableArray<byte>> GetTokenKeyAsync() => Task.FromResult(TokenKey);

    public Task<StreamDescription> DescribeAsync() => Task.FromResult(published.Stream);

    public Task<ConsumerDescription> RegisterConsumerAsync(string name, ImmutableSortedDictionary<string, string>? tags = null)
    {
        consumers[name] = new ConsumerDescription(name, ConsumerStatus.Active, Now);
        return Task.FromResult(consumers[name]);
    }

    public Task<ConsumerDescription> DescribeConsumerAsync(string name) => consumers.TryGetValue(name, out var consumer)
        ? Task.FromResult(consumer)
        : throw new BrokerException(BrokerErrorCode.ResourceNotFound, "no consumer");

    public Task<ImmutableArray<ConsumerDescription>> ListConsumersAsync(string? afterName, int limit) => Task.FromResult(
        consumers.Values.Where(consumer => string.CompareOrdinal(consumer.Name, afterName) > 0).Take(limit).ToImmutableArray());

    public Task<StreamGeneration> CreateAsync(CreateStreamCommand command) => throw new NotSupportedException();

    public Task<StreamListPage> ListAsync(string? afterName, int limit) => throw new NotSupportedException();

    public Task<AccountLimits> DescribeLimitsAsync() => Task.FromResult(new AccountLimits(1, 2, 3, 4));

    public Task RemoveAsync(string name, StreamGeneration generation) => throw new NotSupportedException();

    public Task ReserveAsync(StreamGeneration generation, StreamMode mode, int openShards) => throw new NotSupportedException();

    Task IStreamGrain.CreateAsync(CreateStreamCommand command) => throw new NotSupportedException();

    public Task ResumeAsync() => throw new NotSupportedException();

    public Task DeleteAsync(bool enforceConsumerDeletion) => throw new NotSupportedException();

    public Task SplitShardAsync(ShardId shard, HashKey newStartingHashKey) => throw new NotSupportedException();

    public Task MergeShardsAsync(ShardId shard, ShardId adjacentShard) => throw new NotSupportedException();

    public Task<int> UpdateShardCountAsync(int targetShardCount) => throw new NotSupportedException();

    public Task IncreaseRetentionAsync(int hours) => throw new NotSupportedException();

    public Task DecreaseRetentionAsync(int hours) => throw new NotSupportedException();

    public Task UpdateModeAsync(StreamMode mode, int? warmThroughputMiBps) => throw new NotSupportedException();

    public Task<WarmThroughput> UpdateWarmThroughputAsync(int mibps) => throw new NotSupportedException();

    public Task UpdateRecordDistributionAsync(RecordDistributionStrategy strategy) => throw new NotSupportedException();

    public Task<ShardLevelMetricsChange> EnableMetricsAsync(ImmutableArray<string> metrics) => throw new NotSupportedException();

    public Task<ShardLevelMetricsChange> DisableMetricsAsync(ImmutableArray<string> metrics) => throw new NotSupportedException();

    public Task PutResourcePolicyAsync(string consumer, string policy) => throw new NotSupportedException();

    public Task<string> GetResourcePolicyAsync(string consumer) => throw new NotSupportedException();

    public Task DeleteResourcePolicyAsync(string consumer) => throw new NotSupportedException();

    public Task AddConsumerTagsAsync(string consumer, ImmutableSortedDictionary<string, string> tags) => throw new NotSupportedException();

    public Task RemoveConsumerTagsAsync(string consumer, ImmutableArray<string> keys) => throw new NotSupportedException();

    public Task<ImmutableSortedDictionary<string, string>> ListConsumerTagsAsync(string consumer) => throw new NotSupportedException();

    public Task<AccountSettings> DescribeAccountSettingsAsync() => throw new NotSupportedException();

    public Task<AccountSettings> UpdateBillingCommitmentAsync(bool enabled) => throw new NotSupportedException();

    public Task UpdateMaxRecordSizeAsync(int bytes) => throw new NotSupportedException();

    public Task AddTagsAsync(ImmutableSortedDictionary<string, string> tags) => throw new NotSupportedException();

    public Task RemoveTagsAsync(ImmutableArray<string> keys) => throw new NotSupportedException();

    public Task<ImmutableSortedDictionary<string, string>> ListTagsAsync() => throw new NotSupportedException();

    public Task DeregisterConsumerAsync(string name) => throw new NotSupportedException();

    public Task StartEncryptionAsync(string keyId, string masterKeyId, ImmutableArray<byte> wrappedKey) =>
        Encrypt(keyId, masterKeyId, wrappedKey);

    public Task StopEncryptionAsync()
    {
        lock (Sync)
        {
            Encryption = Encryption! with { KeyId = null, KeyGeneration = 0 };
            Publish();
        }

        return Task.CompletedTask;
    }

    public Task RotateDataKeyAsync(uint expectedGeneration, string masterKeyId, ImmutableArray<byte> wrappedKey) =>
        Encryption!.KeyGeneration == expectedGeneration ? Encrypt(Encryption.KeyId!, masterKeyId, wrappedKey) : Task.CompletedTask;

    private Task Encrypt(string keyId, string masterKeyId, ImmutableArray<byte> wrappedKey)
    {
        lock (Sync)
        {
            var keys = Encryption?.Keys ?? [];
            var key = new WrappedDataKey((uint)keys.Length + 1, masterKeyId, wrappedKey, Now);
            Encryption = new StreamEncryption(keyId, key.Generation, keys.Add(key));
            Publish();
        }

        return Task.CompletedTask;
    }

    private void Add(HashKeyRange range, FakeShard[] parents)
    {
        var id = new ShardId(next++);
        var created = parents.Aggregate(Now / 1000, static (second, parent) => Math.Max(second, parent.Description.CreatedSecond + 1));
        var shard = new FakeShard(
            this,
            new ShardKey(Generation, id),
            new ShardDescription(id, range, [.. parents.Select(static parent => parent.Description.Id)], created, null, null));
        foreach (var parent in parents)
        {
            shard.Inherit(parent);
        }

        shards.Add(id, shard);
    }

    private StreamMap Map() => new(
        new StreamDescription(
            "s", Generation, StreamStatus.Active, Mode, 24, 0, MaxRecordBytes, created, Open.Count(), consumers.Count, version)
        {
            RecordDistribution = Distribution,
            Encryption = Encryption,
        },
        [.. shards.Values.Select(static shard => shard.Description)]);
}
