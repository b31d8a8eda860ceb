using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Orleans.Concurrency;

namespace Broker.Contracts.Grains;

/// <summary>The one catalogue of an account: maps stream names to generations and answers lists and quotas. Keyed by account id.</summary>
/// <remarks>Gateways cache what they resolve, and ask again when a stream grain answers <see cref="BrokerErrorCode.ResourceNotFound"/>.</remarks>
[Alias("broker.ICatalogueGrain")]
public interface ICatalogueGrain : IGrainWithStringKey
{
    /// <summary>Gives a name its next generation, durably, and starts the creation of the stream, which goes on by itself.</summary>
    /// <exception cref="BrokerException">ResourceInUse: the name is taken. LimitExceeded: a quota is reached. InvalidArgument.</exception>
    [Alias("Create")]
    Task<StreamGeneration> CreateAsync(CreateStreamCommand command);

    /// <summary>The generation that a name stands for now, or null. A stream that is being deleted still resolves.</summary>
    [Alias("Resolve"), AlwaysInterleave]
    Task<StreamGeneration?> ResolveAsync(string name);

    /// <summary>Streams in name order after a name, with their present state.</summary>
    [Alias("List"), AlwaysInterleave]
    Task<StreamListPage> ListAsync(string? afterName, int limit);

    [Alias("DescribeLimits"), AlwaysInterleave]
    Task<AccountLimits> DescribeLimitsAsync();

    /// <summary>Frees a name once its stream is gone; called by the stream grain alone. Repeatable.</summary>
    [Alias("Remove")]
    Task RemoveAsync(string name, StreamGeneration generation);

    /// <summary>
    /// Refuses with LimitExceeded when a change would raise the account past a quota: open shards of PROVISIONED streams, or ON_DEMAND
    /// streams. What is granted counts until the stream's rows tell it, or for a minute.
    /// </summary>
    /// <param name="generation">The stream that asks; what it has at present is not counted.</param>
    /// <param name="mode">The mode it would have.</param>
    /// <param name="openShards">The open shards it would have.</param>
    [Alias("Reserve")]
    Task ReserveAsync(StreamGeneration generation, StreamMode mode, int openShards);

    /// <summary>The account's settings as they are now.</summary>
    [Alias("DescribeAccountSettings"), AlwaysInterleave]
    Task<AccountSettings> DescribeAccountSettingsAsync();

    /// <summary>Begins or ends the minimum throughput billing commitment. One that may not end yet ends by itself when it may.</summary>
    [Alias("UpdateBillingCommitment")]
    Task<AccountSettings> UpdateBillingCommitmentAsync(bool enabled);

    /// <summary>The key that iterators and tokens are authenticated with: made once, kept durably, the same for all gateways. 32 bytes.</summary>
    [Alias("GetTokenKey")]
    Task<ImmutableArray<byte>> GetTokenKeyAsync();
}

/// <summary>What a stream is created with, already checked for form.</summary>
/// <param name="Name">1 to 128 characters of [a-zA-Z0-9_.-].</param>
/// <param name="Mode">Its capacity mode.</param>
/// <param name="ShardCount">Shards to start with, at least 1.</param>
/// <param name="MaxRecordBytes">1 to 10 MiB.</param>
/// <param name="Tags">At most the tag quota.</param>
[GenerateSerializer, Immutable]
[Alias("broker.CreateStreamCommand")]
public sealed record CreateStreamCommand(
    [property: Id(0)] string Name,
    [property: Id(1)] StreamMode Mode,
    [property: Id(2)] int ShardCount,
    [property: Id(3)] int MaxRecordBytes,
    [property: Id(4)] ImmutableSortedDictionary<string, string> Tags)
{
    /// <summary>MiB/s that an ON_DEMAND stream shall be ready for; it starts with at least as many shards. 0 for none.</summary>
    [Id(20)]
    public int WarmThroughputMiBps { get; init; }

    /// <summary>What decides the shard of a record; Auto in ON_DEMAND mode only.</summary>
    [Id(21)]
    public RecordDistributionStrategy RecordDistribution { get; init; } = RecordDistributionStrategy.UserPartitionKey;
}

/// <summary>A page of the catalogue.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.StreamListPage")]
public sealed record StreamListPage([property: Id(0)] ImmutableArray<StreamListEntry> Streams, [property: Id(1)] bool HasMore);

/// <summary>A stream in a list (AWS, StreamSummary).</summary>
[GenerateSerializer, Immutable]
[Alias("broker.StreamListEntry")]
public sealed record StreamListEntry(
    [property: Id(0)] string Name,
    [property: Id(1)] StreamGeneration Generation,
    [property: Id(2)] StreamStatus Status,
    [property: Id(3)] StreamMode Mode,
    [property: Id(4)] long CreatedUnixMilliseconds);

/// <summary>Quotas of the account and what is used of them (AWS, DescribeLimits).</summary>
[GenerateSerializer, Immutable]
[Alias("broker.AccountLimits")]
public sealed record AccountLimits(
    [property: Id(0)] int ShardLimit,
    [property: Id(1)] int OpenShardCount,
    [property: Id(2)] int OnDemandStreamCountLimit,
    [property: Id(3)] int OnDemandStreamCount);
