using System.Globalization;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <summary>The errors of the control plane, in AWS's sentences where AWS has one: each names the thing, the value and the rule.</summary>
public sealed class StreamErrors(BrokerIdentity identity)
{
    private string Account => identity.AccountId;

    public BrokerException StreamNotFound(string name) =>
        new(BrokerErrorCode.ResourceNotFound, $"Stream {name} under account {Account} not found.");

    public BrokerException StreamNotFound(StreamGeneration stream) =>
        new(BrokerErrorCode.ResourceNotFound, $"Stream of generation {stream} under account {Account} not found: it was deleted.");

    public BrokerException StreamExists(string name) =>
        new(BrokerErrorCode.ResourceInUse, $"Stream {name} under account {Account} already exists.");

    public BrokerException NotActive(string name, StreamStatus status) =>
        new(BrokerErrorCode.ResourceInUse, $"Stream {name} under account {Account} not ACTIVE, instead in state {Aws(status)}");

    public BrokerException HasConsumers(string name, int count) => new(
        BrokerErrorCode.ResourceInUse,
        Text($"Stream {name} under account {Account} has {count} registered consumers; deregister them, or enforce their deletion."));

    public BrokerException ShardNotFound(string stream, ShardId shard) =>
        new(BrokerErrorCode.ResourceNotFound, $"Could not find shard {shard} in stream {stream} under account {Account}.");

    public BrokerException ShardNotOpen(string stream, ShardId shard) => new(
        BrokerErrorCode.InvalidArgument,
        $"Shard {shard} in stream {stream} under account {Account} has already been merged or split, and thus is not eligible for merging or splitting.");

    public BrokerException KeyDoesNotSplit(string stream, ShardDescription shard, HashKey key) => new(
        BrokerErrorCode.InvalidArgument,
        $"NewStartingHashKey {key} used in SplitShard() on shard {shard.Id} in stream {stream} under account {Account} is not both greater than one plus the shard's StartingHashKey {shard.Range.Start} and less than the shard's EndingHashKey {shard.Range.End}.");

    public BrokerException NotAdjacent(string stream, ShardId shard, ShardId adjacent) => new(
        BrokerErrorCode.InvalidArgument,
        $"Shards {shard} and {adjacent} in stream {stream} under account {Account} are not an adjacent pair of shards eligible for merging");

    public BrokerException ShardQuota(long current, long limit, long additional) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"This request would exceed the shard limit for the account {Account} in {identity.Region}. Current shard count for the account: {current}. Limit: {limit}. Number of additional shards that would have resulted from this request: {additional}. The limit is Broker:Limits:MaxProvisionedShards."));

    public BrokerException OnDemandQuota(int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"This request would exceed the limit of {limit} ON_DEMAND streams for the account {Account} (Broker:Limits:MaxOnDemandStreams)."));

    public BrokerException CreatingQuota(int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"No more than {limit} streams of the account {Account} may be CREATING at once (Broker:Limits:MaxCreatingStreams)."));

    public BrokerException ShardsPerStream(string stream, int count, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Stream {stream} under account {Account} cannot have {count} shards: at most {limit} (Broker:Limits:MaxShardsPerStream)."));

    public static BrokerException ScaleUpFactor(int current, int target, int factor) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"UpdateShardCount cannot scale up over {Times(factor)} your current open shard count. Current open shard count: {current} Target shard count: {target} (Broker:Limits:MaxScalingFactor is {factor})"));

    public static BrokerException ScaleDownFactor(int current, int target, int factor) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"UpdateShardCount cannot scale down below {Part(factor)} your current open shard count. Current open shard count: {current} Target shard count: {target} (Broker:Limits:MaxScalingFactor is {factor})"));

    public BrokerException ScalingsPerDay(string stream, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Stream {stream} under account {Account} was scaled {limit} times in the last 24 hours, the most that it may be (Broker:Limits:MaxScalingsPerDay)."));

    public BrokerException EncryptionChangesPerDay(string stream, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Encryption of stream {stream} under account {Account} was changed {limit} times in the last 24 hours, the most that it may be (Broker:Limits:MaxEncryptionChangesPerDay)."));

    public BrokerException DataKeys(string stream, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Stream {stream} under account {Account} has records under {limit} data keys, the most that it may have; they go as the records expire."));

    public BrokerException ConsumerNotFound(string stream, string consumer) => new(
        BrokerErrorCode.ResourceNotFound, $"Consumer {consumer}, stream {stream} under account {Account} not found.");

    public BrokerException ConsumerExists(string stream, string consumer) => new(
        BrokerErrorCode.ResourceInUse, $"Consumer {consumer}, stream {stream} under account {Account} already exists.");

    public BrokerException ConsumerQuota(string stream, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Stream {stream} under account {Account} has {limit} registered consumers, the most that it may have (Broker:Limits:MaxConsumersPerStream)."));

    public BrokerException WarmThroughputNeedsOnDemand(string stream) => new(
        BrokerErrorCode.Validation,
        $"WarmThroughputMiBps cannot be set on stream {stream} under account {Account}: it is in PROVISIONED mode, and warm throughput is of ON_DEMAND streams.");

    public BrokerException DistributionNeedsOnDemand(string stream) => new(
        BrokerErrorCode.InvalidArgument,
        $"RecordDistributionStrategy cannot be set on stream {stream} under account {Account}: it is in PROVISIONED mode, and record distribution is of ON_DEMAND streams.");

    public BrokerException PolicyNotFound(string stream, string consumer) => new(
        BrokerErrorCode.ResourceNotFound,
        consumer.Length == 0
            ? $"Stream {stream} under account {Account} has no resource policy."
            : $"Consumer {consumer}, stream {stream} under account {Account} has no resource policy.");

    public static BrokerException Invalid(string member, object value, string rule) =>
        new(BrokerErrorCode.InvalidArgument, Text($"{member} is '{value}': it must be {rule}."));

    public static BrokerException Superseded(Exception cause) => new(
        BrokerErrorCode.Unavailable, "Another activation of the grain took over; ask again.", cause);

    /// <summary>A state as AWS writes it.</summary>
    public static string Aws(StreamStatus status) => status switch
    {
        StreamStatus.Creating => "CREATING",
        StreamStatus.Deleting => "DELETING",
        StreamStatus.Active => "ACTIVE",
        StreamStatus.Updating => "UPDATING",
        _ => status.ToString(),
    };

    private static string Times(int factor) => factor == 2 ? "double" : Text($"{factor} times");

    private static string Part(int factor) => factor == 2 ? "half" : Text($"1/{factor} of");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
