namespace Broker.Contracts.Streams;

/// <summary>The write throughput that an ON_DEMAND stream is kept ready for, in MiB/s; an open shard counts for 1 (AWS, WarmThroughputObject).</summary>
/// <param name="TargetMiBps">What it shall be ready for; 0 where nothing was asked for.</param>
/// <param name="CurrentMiBps">What its open shards are ready for, up to the target.</param>
[GenerateSerializer, Immutable]
[Alias("broker.WarmThroughput")]
public readonly record struct WarmThroughput([property: Id(0)] int TargetMiBps, [property: Id(1)] int CurrentMiBps)
{
    /// <summary>The most that can be asked for: 10 GiB/s (AWS, UpdateStreamWarmThroughput).</summary>
    public const int MaxMiBps = 10 * 1024;
}
