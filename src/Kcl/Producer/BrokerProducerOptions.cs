using Broker.Kcl.Connection;

namespace Broker.Kcl.Producer;

/// <summary>What a <see cref="BrokerProducer"/> puts to, and how.</summary>
public sealed class BrokerProducerOptions
{
    /// <summary>The stream. Must be given.</summary>
    public string StreamName { get; set; } = "";

    /// <summary>Gateways, http:// or https://; one is used at a time, the next when it is lost. Default http://127.0.0.1:4567.</summary>
    public IList<Uri> Endpoints { get; init; } = [];

    /// <summary>What calls are signed with; null, the default, for a broker without authentication.</summary>
    public BrokerCredentials? Credentials { get; set; }

    /// <summary>Has the last word on the HTTP handler: certificates, proxies. Default null.</summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>
    /// How long a record waits for others to fill its batch. Default zero: a batch goes as soon as the one before it to its shard is
    /// acknowledged, and takes what has come meanwhile, so that batches grow by themselves under load. At most 1 minute.
    /// </summary>
    public TimeSpan MaxBufferedTime { get; set; } = TimeSpan.Zero;

    /// <summary>Most records of a batch: 1 to 500, the broker's limit. Default 500.</summary>
    public int MaxBatchRecords { get; set; } = 500;

    /// <summary>
    /// Bytes at which a batch is full, keys included; a larger single record makes a batch of its own. 1,024 to 10,485,760; default 524,288.
    /// </summary>
    public int MaxBatchBytes { get; set; } = 512 * 1024;

    /// <summary>
    /// Batches of one shard that are unacknowledged at once: 1 to 16. Default 1: records that are put one after another under one partition
    /// key keep that order, also over errors, lost connections and resharding. With more, a batch that is refused for the moment may be
    /// overtaken by those after it.
    /// </summary>
    public int MaxInFlightBatchesPerShard { get; set; } = 1;

    /// <summary>Records that are taken and not acknowledged yet; past it, puts wait. 1 to 8,388,608; default 100,000.</summary>
    public int MaxOutstandingRecords { get; set; } = 100_000;

    /// <summary>Bytes of those records, keys and data; past it, puts wait. 1,024 to 2^38; default 67,108,864.</summary>
    public long MaxOutstandingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How long a record is tried for from when it was taken; then it fails with <see cref="PutErrorCode.Expired"/>, up to a quarter of that
    /// later. 100 milliseconds to 10 minutes, below what shards remember of a producer; default 30 seconds.
    /// </summary>
    public TimeSpan RecordTimeToLive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before a batch is sent again, which doubles with each attempt and varies by half; the broker may ask for more. Default 50 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Where that doubling ends. Default 1 second.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Percent of what a shard of a PROVISIONED stream takes (1,000 records and 1 MiB a second) that this producer sends to one, as in the
    /// Kinesis Producer Library, whose default is 150. Default 0: no bound of the producer's own, as ON_DEMAND streams have none. At most 100,000.
    /// </summary>
    public int RateLimit { get; set; }

    /// <summary>
    /// Whether records fail as soon as the broker says that their shard takes no more for now, with PROVISIONED_THROUGHPUT_EXCEEDED, and are not
    /// tried again. Default false.
    /// </summary>
    public bool FailIfThrottled { get; set; }

    /// <summary>How long the opening of a session or a listing of shards may take until it is tried again. Default 5 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Least time between two listings of shards, which follow when records land elsewhere than predicted. Default 1 second.</summary>
    public TimeSpan ShardRefreshInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether batches go to the broker compressed, by gzip: less on the network for processor time at both ends. The broker compresses what
    /// it keeps in any case. Default false.
    /// </summary>
    public bool CompressionEnabled { get; set; }

    /// <summary>
    /// Whether several records of a shard go as one, in the Kinesis Producer Library's format; consumers have to take them apart, as KCL
    /// does. Batches make it needless for speed. Default false.
    /// </summary>
    public bool AggregationEnabled { get; set; }

    /// <summary>Bytes that an aggregated record does not pass. 64 to 1,048,576; default 51,200.</summary>
    public int AggregationMaxBytes { get; set; } = 51_200;

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (StreamName.Length is < 1 or > 128)
        {
            yield return $"{nameof(StreamName)} is '{StreamName}': it must be the name of a stream, 1 to 128 characters.";
        }

        foreach (var endpoint in Endpoints.Where(endpoint => !endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https")))
        {
            yield return $"{nameof(Endpoints)} has '{endpoint}': it must be a URL like http://127.0.0.1:4567.";
        }

        (string Name, double Value, double Least, double Most)[] bounds =
        [
            (nameof(MaxBatchRecords), MaxBatchRecords, 1, 500),
            (nameof(MaxBatchBytes), MaxBatchBytes, 1_024, 10 * 1024 * 1024),
            (nameof(MaxInFlightBatchesPerShard), MaxInFlightBatchesPerShard, 1, 16),
            (nameof(MaxOutstandingRecords), MaxOutstandingRecords, 1, OutstandingBudget.MaxRecordsBound),
            (nameof(MaxOutstandingBytes), MaxOutstandingBytes, 1_024, OutstandingBudget.MaxBytesBound),
            (nameof(RateLimit), RateLimit, 0, 100_000),
            (nameof(AggregationMaxBytes), AggregationMaxBytes, 64, 1024 * 1024),
        ];
        foreach (var (name, value, least, most) in bounds.Where(bound => bound.Value < bound.Least || bound.Value > bound.Most))
        {
            yield return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} is {value:F0}: it must be {least:F0} to {most:F0}.");
        }

        (string Name, TimeSpan Value, TimeSpan Least, TimeSpan Most)[] times =
        [
            (nameof(MaxBufferedTime), MaxBufferedTime, TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            (nameof(RecordTimeToLive), RecordTimeToLive, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            (nameof(RetryDelay), RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
            (nameof(MaxRetryDelay), MaxRetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
            (nameof(RequestTimeout), RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            (nameof(ShardRefreshInterval), ShardRefreshInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        ];
        foreach (var (name, value, least, most) in times.Where(bound => bound.Value < bound.Least || bound.Value > bound.Most))
        {
            yield return $"{name} is {value}: it must be {least} to {most}.";
        }

        if (MaxBufferedTime >= RecordTimeToLive)
        {
            yield return $"{nameof(MaxBufferedTime)} is {MaxBufferedTime}: it must be below {nameof(RecordTimeToLive)}, {RecordTimeToLive}.";
        }
    }
}
