namespace Broker.Contracts.Limits;

/// <summary>What producers are held to; told to each in ProduceOpened. Configuration section <c>Broker:Producers</c>.</summary>
public sealed class ProducerLimits
{
    /// <summary>
    /// How many of a producer's recent batch numbers a shard recognises. A number this far below the highest is an error, never a
    /// success. Fixed: it is part of what is promised across versions.
    /// </summary>
    public const int WindowBatches = 1_024;

    /// <summary>
    /// How long a gateway's own numbers (<see cref="Blocks.BatchIdentity.GatewayEpoch"/>) are recognised: longer than any put is
    /// tried for, and short, because every shard that is written to has them.
    /// </summary>
    public static readonly TimeSpan GatewayRetention = TimeSpan.FromMinutes(1);

    /// <summary>Batches that a shard remembers over all producers: 32 bytes each, and all of them fit one snapshot block.</summary>
    public const int MaxBatchesPerShard = 250_000;

    /// <summary>Batches that one producer may have unacknowledged; well below the window, so that none can fall out of it while in flight.</summary>
    public const int MaxInFlightBatches = 512;

    /// <summary>How long a shard remembers a producer that sends it nothing. A repeat after that is taken as new. Default 15 minutes.</summary>
    public TimeSpan StateRetention { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Producers that a shard remembers at once; past it, new ones are refused until others are forgotten. Default 20,000.</summary>
    public int MaxProducersPerShard { get; set; } = 20_000;

    /// <summary>How long a shard remembers a request of an AWS SDK (by its invocation id), so that the SDK's own retry makes no duplicate. Default 2 minutes.</summary>
    public TimeSpan RequestRetention { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Requests of AWS SDKs that a shard remembers at once; past it, the oldest are forgotten early. Default 32,768.</summary>
    public int MaxRequestsPerShard { get; set; } = 32_768;

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (StateRetention < TimeSpan.FromMinutes(1) || StateRetention > TimeSpan.FromHours(24))
        {
            yield return $"Broker:Producers:{nameof(StateRetention)} is {StateRetention}: it must be 1 minute to 24 hours.";
        }

        if (RequestRetention < TimeSpan.FromSeconds(1) || RequestRetention > TimeSpan.FromHours(1))
        {
            yield return $"Broker:Producers:{nameof(RequestRetention)} is {RequestRetention}: it must be 1 second to 1 hour.";
        }

        if (MaxRequestsPerShard is < 0 or > 100_000)
        {
            yield return $"Broker:Producers:{nameof(MaxRequestsPerShard)} is {MaxRequestsPerShard}: it must be 0 to 100000.";
        }

        if (MaxProducersPerShard is < 1 or > MaxBatchesPerShard)
        {
            yield return $"Broker:Producers:{nameof(MaxProducersPerShard)} is {MaxProducersPerShard}: it must be 1 to {MaxBatchesPerShard}.";
        }
    }
}
