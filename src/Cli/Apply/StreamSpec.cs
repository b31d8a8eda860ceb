using Broker.V1;

namespace Broker.Cli.Apply;

/// <summary>A stream as a file declares it. What is null is not said, and left as it is.</summary>
internal sealed record StreamSpec
{
    public required string Name { get; init; }

    /// <summary>ON_DEMAND where a new stream's file does not say.</summary>
    public StreamMode? Mode { get; init; }

    /// <summary>Open shards; of an ON_DEMAND stream, which scales itself, those that it begins with.</summary>
    public int? Shards { get; init; }

    public int? RetentionHours { get; init; }

    public int? MaxRecordSizeKiB { get; init; }

    /// <summary>MiB/s that an ON_DEMAND stream is ready for.</summary>
    public int? WarmThroughputMiBps { get; init; }

    public RecordDistributionStrategy? Distribution { get; init; }

    /// <summary>The key's id; empty for no encryption.</summary>
    public string? Encryption { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Registered consumers, by name.</summary>
    public IReadOnlyList<string>? Consumers { get; init; }
}
