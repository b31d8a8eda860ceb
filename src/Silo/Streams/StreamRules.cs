using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;

namespace Broker.Silo.Streams;

/// <summary>What a request may ask of a stream. Pure: throws the error, or returns; changes nothing.</summary>
public sealed partial class StreamRules(BrokerLimits limits, StreamErrors errors)
{
    private const int MinRecordBytes = 1024 * 1024;
    private const int MaxRecordBytes = 10 * 1024 * 1024;
    private const int MaxMetricNames = 7;
    private const int MaxPolicyBytes = 20 * 1024;

    public static void CheckName(string member, string value)
    {
        if (!StreamName.IsValid(value))
        {
            throw StreamErrors.Invalid(member, value, "1 to 128 characters of [a-zA-Z0-9_.-]");
        }
    }

    public static void CheckMode(StreamMode mode)
    {
        if (mode is not (StreamMode.Provisioned or StreamMode.OnDemand))
        {
            throw StreamErrors.Invalid("StreamMode", mode, "PROVISIONED or ON_DEMAND");
        }
    }

    public void CheckShardCount(string stream, int count)
    {
        if (count < 1)
        {
            throw StreamErrors.Invalid("ShardCount", count, "at least 1");
        }

        if (count > limits.MaxShardsPerStream)
        {
            throw errors.ShardsPerStream(stream, count, limits.MaxShardsPerStream);
        }
    }

    public static void CheckRecordSize(int bytes)
    {
        if (bytes is < MinRecordBytes or > MaxRecordBytes)
        {
            throw StreamErrors.Invalid("MaxRecordSize", bytes, $"{MinRecordBytes} to {MaxRecordBytes} bytes");
        }
    }

    public void CheckWarmThroughput(string stream, StreamMode mode, int mibps)
    {
        if (mibps is < 0 or > WarmThroughput.MaxMiBps)
        {
            throw StreamErrors.Invalid("WarmThroughputMiBps", mibps, $"0 to {WarmThroughput.MaxMiBps}");
        }

        if (mibps > 0 && mode != StreamMode.OnDemand)
        {
            throw errors.WarmThroughputNeedsOnDemand(stream);
        }

        if (mibps > limits.MaxShardsPerStream)
        {
            throw errors.ShardsPerStream(stream, mibps, limits.MaxShardsPerStream);
        }
    }

    public void CheckDistribution(string stream, StreamMode mode, RecordDistributionStrategy strategy)
    {
        if (strategy is not (RecordDistributionStrategy.Auto or RecordDistributionStrategy.UserPartitionKey))
        {
            throw StreamErrors.Invalid("RecordDistributionStrategy", strategy, "AUTO or USER_PARTITION_KEY");
        }

        if (strategy == RecordDistributionStrategy.Auto && mode != StreamMode.OnDemand)
        {
            throw errors.DistributionNeedsOnDemand(stream);
        }
    }

    public static void CheckMetrics(ImmutableArray<string> metrics)
    {
        if (metrics.Length is < 1 or > MaxMetricNames)
        {
            throw StreamErrors.Invalid("ShardLevelMetrics", $"{metrics.Length} names", $"1 to {MaxMetricNames} names");
        }

        foreach (var metric in metrics)
        {
            if (!ShardLevelMetrics.IsName(metric))
            {
                throw StreamErrors.Invalid("ShardLevelMetrics", metric, $"{ShardLevelMetrics.AllName} or one of {string.Join(", ", ShardLevelMetrics.All)}");
            }
        }
    }

    public static void CheckPolicy(string policy)
    {
        var bytes = Encoding.UTF8.GetByteCount(policy);
        if (bytes is < 1 or > MaxPolicyBytes)
        {
            throw StreamErrors.Invalid("Policy", $"{bytes} bytes", $"1 to {MaxPolicyBytes} bytes of UTF-8");
        }

        try
        {
            using var parsed = JsonDocument.Parse(policy);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw StreamErrors.Invalid("Policy", parsed.RootElement.ValueKind, "a JSON object");
            }
        }
        catch (JsonException exception)
        {
            throw StreamErrors.Invalid("Policy", exception.Message, "a JSON object");
        }
    }

    public void CheckSplit(string stream, StreamLineage lineage, ShardId shard, HashKey newStart)
    {
        // AWS leaves two keys at the start and one at the end: neither child may be a single key.
        var range = OpenShard(stream, lineage, shard).Range;
        if (newStart <= range.Start || newStart.Value - 1 == range.Start.Value || newStart >= range.End)
        {
            throw errors.KeyDoesNotSplit(stream, lineage.Find(shard)!, newStart);
        }

        if (lineage.Open.Length >= limits.MaxShardsPerStream)
        {
            throw errors.ShardsPerStream(stream, lineage.Open.Length + 1, limits.MaxShardsPerStream);
        }
    }

    public void CheckMerge(string stream, StreamLineage lineage, ShardId shard, ShardId adjacent)
    {
        if (!OpenShard(stream, lineage, shard).Range.IsAdjacentTo(OpenShard(stream, lineage, adjacent).Range))
        {
            throw errors.NotAdjacent(stream, shard, adjacent);
        }
    }

    /// <param name="stream">The stream's name.</param>
    /// <param name="current">Its open shards.</param>
    /// <param name="target">The open shards asked for.</param>
    /// <param name="scalingsInLastDay">Calls in the last 24 hours.</param>
    public void CheckScaling(string stream, int current, int target, int scalingsInLastDay)
    {
        if (target < 1)
        {
            throw StreamErrors.Invalid("TargetShardCount", target, "at least 1");
        }

        var factor = limits.MaxScalingFactor;
        if (factor > 0 && target > (long)current * factor)
        {
            throw StreamErrors.ScaleUpFactor(current, target, factor);
        }

        if (factor > 0 && (long)target * factor < current)
        {
            throw StreamErrors.ScaleDownFactor(current, target, factor);
        }

        CheckShardCount(stream, target);
        if (scalingsInLastDay >= limits.MaxScalingsPerDay)
        {
            throw errors.ScalingsPerDay(stream, limits.MaxScalingsPerDay);
        }
    }

    public void CheckRetention(string stream, int current, int requested, bool increase)
    {
        if (requested < limits.MinRetentionHours)
        {
            throw Retention($"Minimum allowed retention period is {limits.MinRetentionHours} hours. Requested retention period ({requested} hours) is too short.");
        }

        if (requested > limits.MaxRetentionHours)
        {
            throw Retention($"Maximum allowed retention period is {limits.MaxRetentionHours} hours. Requested retention period ({requested} hours) is too long.");
        }

        if (increase && requested < current)
        {
            throw Retention($"Requested retention period ({requested} hours) for stream {stream} can not be shorter than existing retention period ({current} hours). Use DecreaseRetentionPeriod API.");
        }

        if (!increase && requested > current)
        {
            throw Retention($"Requested retention period ({requested} hours) for stream {stream} can not be longer than existing retention period ({current} hours). Use IncreaseRetentionPeriod API.");
        }
    }

    /// <param name="stream">The stream's name.</param>
    /// <param name="added">The tags of the request.</param>
    /// <param name="total">Tags that the stream, or its consumer, would have.</param>
    public void CheckTags(string stream, ImmutableSortedDictionary<string, string> added, int total)
    {
        foreach (var (key, value) in added)
        {
            if (key.Length is < 1 or > 128 || !TagPattern.IsMatch(key))
            {
                throw StreamErrors.Invalid("TagKey", key, "1 to 128 letters, digits, white space or _ . : / = + - % @");
            }

            if (value.Length > 256 || !TagPattern.IsMatch(value))
            {
                throw StreamErrors.Invalid("TagValue", value, "at most 256 letters, digits, white space or _ . : / = + - % @");
            }
        }

        if (total > limits.MaxTagsPerStream)
        {
            throw new BrokerException(
                BrokerErrorCode.InvalidArgument,
                $"Failed to add tags to stream {stream} because a given stream cannot have more than {limits.MaxTagsPerStream} tags associated with it (Broker:Limits:MaxTagsPerStream).");
        }
    }

    public static void CheckKey(string keyId, string masterKeyId, int wrappedBytes)
    {
        if (keyId.Length is < 1 or > 2_048)
        {
            throw StreamErrors.Invalid("KeyId", keyId.Length > 160 ? keyId[..160] : keyId, "1 to 2048 characters");
        }

        if (masterKeyId.Length is < 1 or > 2_048 || wrappedBytes is < 1 or > WrappedDataKey.MaxWrappedBytes)
        {
            throw new ArgumentException($"A data key of {wrappedBytes} wrapped bytes under a master key whose name has {masterKeyId.Length} characters is none.");
        }
    }

    /// <param name="stream">The stream's name.</param>
    /// <param name="changesInLastDay">Starts, or stops, in the last 24 hours.</param>
    /// <param name="keys">Data keys that the stream would have.</param>
    public void CheckEncryptionChange(string stream, int changesInLastDay, int keys)
    {
        if (changesInLastDay >= limits.MaxEncryptionChangesPerDay)
        {
            throw errors.EncryptionChangesPerDay(stream, limits.MaxEncryptionChangesPerDay);
        }

        if (keys > StreamEncryptionState.MaxKeys)
        {
            throw errors.DataKeys(stream, StreamEncryptionState.MaxKeys);
        }
    }

    private ShardDescription OpenShard(string stream, StreamLineage lineage, ShardId shard) => lineage.Find(shard) switch
    {
        null => throw errors.ShardNotFound(stream, shard),
        { IsOpen: false } => throw errors.ShardNotOpen(stream, shard),
        { } open => open,
    };

    private static BrokerException Retention(string message) => new(BrokerErrorCode.InvalidArgument, message);

    [GeneratedRegex(@"\A[\p{L}\p{Z}\p{N}_.:/=+\-%@]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern { get; }
}
