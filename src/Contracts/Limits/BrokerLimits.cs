namespace Broker.Contracts.Limits;

/// <summary>Every limit that is policy. Defaults are AWS's quotas; <see cref="Lift"/> makes the profile <c>unlimited</c>. Configuration section <c>Broker:Limits</c>.</summary>
/// <remarks>Source: AWS, "Quotas and limits", and the operations' own pages. 0 in a rate means no limit.</remarks>
public sealed class BrokerLimits
{
    /// <summary>What any 64-bit count can be set to when it shall not bind.</summary>
    public const int None = int.MaxValue;

    /// <summary>Bytes of data and partition keys a second that a shard of a PROVISIONED stream takes. Default 1 MiB; 0 lifts it.</summary>
    public long ShardWriteBytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>Records a second that a shard of a PROVISIONED stream takes. Default 1,000; 0 lifts it.</summary>
    public long ShardWriteRecordsPerSecond { get; set; } = 1_000;

    /// <summary>
    /// Holds the shards of ON_DEMAND streams to the limits of PROVISIONED ones, for those who test their back-off: with its 4 shards a new
    /// stream then takes 4 MiB/s or 4,000 records/s, as on AWS. Default false: they are held back by physics alone.
    /// </summary>
    public bool OnDemandThrottle { get; set; }

    /// <summary>Bytes a second that GetRecords reads from a shard of a PROVISIONED stream, over all callers. Default 2 MiB; 0 lifts it.</summary>
    public long ShardReadBytesPerSecond { get; set; } = 2 * 1024 * 1024;

    /// <summary>GetRecords calls a second on a shard of a PROVISIONED stream, over all callers. Default 5; 0 lifts it.</summary>
    public long ShardReadCallsPerSecond { get; set; } = 5;

    /// <summary>Open shards of all PROVISIONED streams of the account. Default 20,000, AWS's largest default.</summary>
    public int MaxProvisionedShards { get; set; } = 20_000;

    /// <summary>Shards that one UpdateShardCount may aim at. Default 10,000.</summary>
    public int MaxShardsPerStream { get; set; } = 10_000;

    /// <summary>ON_DEMAND streams of the account. Default 50.</summary>
    public int MaxOnDemandStreams { get; set; } = 50;

    /// <summary>Streams in CREATING at once. Default 5.</summary>
    public int MaxCreatingStreams { get; set; } = 5;

    /// <summary>Registered consumers of a stream. Default 20.</summary>
    public int MaxConsumersPerStream { get; set; } = 20;

    /// <summary>Tags of a stream. Default 50.</summary>
    public int MaxTagsPerStream { get; set; } = 50;

    /// <summary>UpdateShardCount calls of a stream in 24 hours. Default 10.</summary>
    public int MaxScalingsPerDay { get; set; } = 10;

    /// <summary>StartStreamEncryption calls of a stream in 24 hours that took a new key, and as many StopStreamEncryption calls. Default 25.</summary>
    public int MaxEncryptionChangesPerDay { get; set; } = 25;

    /// <summary>How many times its present count UpdateShardCount may aim at, and the inverse down. Default 2; 0 lifts it.</summary>
    public int MaxScalingFactor { get; set; } = 2;

    /// <summary>Records in one PutRecords or Produce batch. Default 500.</summary>
    public int MaxRecordsPerBatch { get; set; } = 500;

    /// <summary>Bytes of data and partition keys in one PutRecords or Produce batch. Default 10 MiB, which is also the most.</summary>
    public int MaxBytesPerBatch { get; set; } = 10 * 1024 * 1024;

    /// <summary>Records that one GetRecords returns. Default 10,000.</summary>
    public int MaxRecordsPerRead { get; set; } = 10_000;

    /// <summary>Bytes of data and partition keys that one GetRecords returns. Default 10 MiB.</summary>
    public int MaxBytesPerRead { get; set; } = 10 * 1024 * 1024;

    /// <summary>How long a shard iterator is good for. Default 5 minutes.</summary>
    public TimeSpan IteratorLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a pagination token is good for. Default 300 seconds.</summary>
    public TimeSpan NextTokenLifetime { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>Shortest retention. Default 24 hours.</summary>
    public int MinRetentionHours { get; set; } = 24;

    /// <summary>Longest retention. Default 8,760 hours.</summary>
    public int MaxRetentionHours { get; set; } = 8_760;

    /// <summary>A second subscription of one consumer to one shard is refused within this time of the first, and takes over after it. Default 5 seconds.</summary>
    public TimeSpan SubscriptionTakeoverAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The profile <c>unlimited</c>: lifts what is policy and not physics.</summary>
    public void Lift()
    {
        ShardWriteBytesPerSecond = 0;
        ShardWriteRecordsPerSecond = 0;
        ShardReadBytesPerSecond = 0;
        ShardReadCallsPerSecond = 0;
        MaxProvisionedShards = None;
        MaxShardsPerStream = 100_000;
        MaxOnDemandStreams = None;
        MaxCreatingStreams = None;
        MaxConsumersPerStream = None;
        MaxTagsPerStream = 200;
        MaxScalingsPerDay = None;
        MaxEncryptionChangesPerDay = None;
        MaxScalingFactor = 0;
        MaxRecordsPerBatch = 10_000;
    }

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var (name, value) in new (string, long)[]
        {
            (nameof(ShardWriteBytesPerSecond), ShardWriteBytesPerSecond),
            (nameof(ShardWriteRecordsPerSecond), ShardWriteRecordsPerSecond),
            (nameof(ShardReadBytesPerSecond), ShardReadBytesPerSecond),
            (nameof(ShardReadCallsPerSecond), ShardReadCallsPerSecond),
            (nameof(MaxScalingFactor), MaxScalingFactor),
        })
        {
            if (value < 0)
            {
                yield return Fault(name, value, "must be 0 (no limit) or more");
            }
        }

        foreach (var (name, value, most) in new (string, long, long)[]
        {
            (nameof(MaxProvisionedShards), MaxProvisionedShards, None),
            (nameof(MaxShardsPerStream), MaxShardsPerStream, 100_000),
            (nameof(MaxOnDemandStreams), MaxOnDemandStreams, None),
            (nameof(MaxCreatingStreams), MaxCreatingStreams, None),
            (nameof(MaxConsumersPerStream), MaxConsumersPerStream, None),
            (nameof(MaxTagsPerStream), MaxTagsPerStream, 200),
            (nameof(MaxScalingsPerDay), MaxScalingsPerDay, None),
            (nameof(MaxEncryptionChangesPerDay), MaxEncryptionChangesPerDay, None),
            (nameof(MaxRecordsPerBatch), MaxRecordsPerBatch, 10_000),
            (nameof(MaxBytesPerBatch), MaxBytesPerBatch, 10 * 1024 * 1024),
            (nameof(MaxRecordsPerRead), MaxRecordsPerRead, 10_000),
            (nameof(MaxBytesPerRead), MaxBytesPerRead, 10 * 1024 * 1024),
            (nameof(MinRetentionHours), MinRetentionHours, 8_760),
            (nameof(MaxRetentionHours), MaxRetentionHours, 8_760),
        })
        {
            if (value < 1 || value > most)
            {
                yield return Fault(name, value, $"must be 1 to {most}");
            }
        }

        if (MinRetentionHours > MaxRetentionHours)
        {
            yield return Fault(nameof(MinRetentionHours), MinRetentionHours, $"must not be above {nameof(MaxRetentionHours)} ({MaxRetentionHours})");
        }

        foreach (var (name, value) in new (string, TimeSpan)[]
        {
            (nameof(IteratorLifetime), IteratorLifetime),
            (nameof(NextTokenLifetime), NextTokenLifetime),
        })
        {
            if (value <= TimeSpan.Zero)
            {
                yield return Fault(name, value, "must be longer than zero");
            }
        }

        static string Fault(string name, object value, string rule) => $"Broker:Limits:{name} is {value}: it {rule}.";
    }
}
