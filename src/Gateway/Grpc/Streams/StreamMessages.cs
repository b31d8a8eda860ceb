using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>Turns what grains answer into messages.</summary>
internal static class StreamMessages
{
    public static V1.StreamDescription ToMessage(StreamDescription stream, BrokerIdentity identity) => new()
    {
        StreamName = stream.Name,
        StreamArn = identity.StreamArn(stream.Name),
        Status = ToMessage(stream.Status),
        Mode = ToMessage(stream.Mode),
        RetentionPeriodHours = stream.RetentionHours,
        CreationTime = ToTime(stream.CreatedUnixMilliseconds),
        OpenShardCount = stream.OpenShardCount,
        ConsumerCount = stream.ConsumerCount,
        MaxRecordSizeKib = stream.MaxRecordBytes / 1024,
        EncryptionType = ToMessage(stream.EncryptionType),
        KeyId = stream.Encryption?.KeyId ?? "",
        WarmThroughput = stream.WarmThroughputMiBps == 0 ? null : ToMessage(stream.WarmThroughput),
        RecordDistributionStrategy = stream.RecordDistribution switch
        {
            RecordDistributionStrategy.UserPartitionKey => V1.RecordDistributionStrategy.UserPartitionKey,
            RecordDistributionStrategy.Auto => V1.RecordDistributionStrategy.Auto,
            _ => V1.RecordDistributionStrategy.Unspecified,
        },
        ShardLevelMetrics = { stream.ShardLevelMetrics },
    };

    public static V1.WarmThroughput ToMessage(WarmThroughput warm) =>
        new() { TargetMibps = warm.TargetMiBps, CurrentMibps = warm.CurrentMiBps };

    public static V1.StreamSummary ToMessage(StreamListEntry stream, BrokerIdentity identity) => new()
    {
        StreamName = stream.Name,
        StreamArn = identity.StreamArn(stream.Name),
        Status = ToMessage(stream.Status),
        Mode = ToMessage(stream.Mode),
        CreationTime = ToTime(stream.CreatedUnixMilliseconds),
    };

    public static V1.Shard ToMessage(ShardDescription shard) => new()
    {
        ShardId = shard.Id.ToString(),
        ParentShardId = shard.Parents is [var parent, ..] ? parent.ToString() : "",
        AdjacentParentShardId = shard.Parents is [_, var adjacent, ..] ? adjacent.ToString() : "",
        HashKeyRange = new V1.HashKeyRange
        {
            StartingHashKey = shard.Range.Start.ToString(),
            EndingHashKey = shard.Range.End.ToString(),
        },
        SequenceNumberRange = new V1.SequenceNumberRange
        {
            StartingSequenceNumber = shard.StartingSequenceNumber.ToString(),
            EndingSequenceNumber = shard.EndingSequenceNumber?.ToString() ?? "",
        },
    };

    public static V1.Consumer ToMessage(string streamName, ConsumerDescription consumer, BrokerIdentity identity) => new()
    {
        ConsumerName = consumer.Name,
        ConsumerArn = identity.ConsumerArn(streamName, consumer),
        Status = consumer.Status switch
        {
            ConsumerStatus.Creating => V1.ConsumerStatus.Creating,
            ConsumerStatus.Deleting => V1.ConsumerStatus.Deleting,
            ConsumerStatus.Active => V1.ConsumerStatus.Active,
            _ => V1.ConsumerStatus.Unspecified,
        },
        CreationTime = ToTime(consumer.CreatedUnixMilliseconds),
    };

    public static V1.EncryptionType ToMessage(EncryptionType type) => type switch
    {
        EncryptionType.None => V1.EncryptionType.None,
        EncryptionType.Kms => V1.EncryptionType.Kms,
        _ => V1.EncryptionType.Unspecified,
    };

    public static StreamMode ToMode(V1.StreamMode mode) => mode switch
    {
        V1.StreamMode.Provisioned => StreamMode.Provisioned,
        V1.StreamMode.OnDemand => StreamMode.OnDemand,
        _ => throw new BrokerException(BrokerErrorCode.InvalidArgument, $"mode is {mode}: it must be PROVISIONED or ON_DEMAND."),
    };

    public static RecordDistributionStrategy ToDistribution(V1.RecordDistributionStrategy strategy) => strategy switch
    {
        V1.RecordDistributionStrategy.UserPartitionKey => RecordDistributionStrategy.UserPartitionKey,
        V1.RecordDistributionStrategy.Auto => RecordDistributionStrategy.Auto,
        _ => throw new BrokerException(
            BrokerErrorCode.InvalidArgument, $"record_distribution_strategy is {strategy}: it must be AUTO or USER_PARTITION_KEY."),
    };

    private static Timestamp ToTime(long unixMilliseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds));

    private static V1.StreamStatus ToMessage(StreamStatus status) => status switch
    {
        StreamStatus.Creating => V1.StreamStatus.Creating,
        StreamStatus.Deleting => V1.StreamStatus.Deleting,
        StreamStatus.Active => V1.StreamStatus.Active,
        StreamStatus.Updating => V1.StreamStatus.Updating,
        _ => V1.StreamStatus.Unspecified,
    };

    private static V1.StreamMode ToMessage(StreamMode mode) => mode switch
    {
        StreamMode.Provisioned => V1.StreamMode.Provisioned,
        StreamMode.OnDemand => V1.StreamMode.OnDemand,
        _ => V1.StreamMode.Unspecified,
    };
}
