using System.Globalization;
using System.Text.RegularExpressions;
using Broker.Kcl.Connection;

namespace Broker.Kcl.Consumer;

/// <summary>What a <see cref="BrokerConsumer"/> consumes, and how.</summary>
public sealed partial class BrokerConsumerOptions
{
    private const int MaxStreams = 100;

    /// <summary>The application, whose workers share the shards: 3 to 255 characters of [a-zA-Z0-9_.-]. Must be given.</summary>
    public string ApplicationName { get; set; } = "";

    /// <summary>The streams, 1 to 100. Must be given.</summary>
    public IList<string> StreamNames { get; init; } = [];

    /// <summary>Gateways, http:// or https://; one is used at a time, the next when it is lost. Default http://127.0.0.1:4567.</summary>
    public IList<Uri> Endpoints { get; init; } = [];

    /// <summary>What calls are signed with; null, the default, for a broker without authentication.</summary>
    public BrokerCredentials? Credentials { get; set; }

    /// <summary>Has the last word on the HTTP handler: certificates, proxies. Default null.</summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>
    /// This worker's name, unlike any other's: 1 to 128 characters of [a-zA-Z0-9_.:-]. Default empty: the machine's name and something
    /// random. One that is kept over restarts finds its leases again at once.
    /// </summary>
    public string WorkerId { get; set; } = "";

    /// <summary>Where an application begins with a stream that is new to it. Default <see cref="InitialPosition.Latest"/>.</summary>
    public InitialPosition InitialPosition { get; set; } = InitialPosition.Latest;

    /// <summary>Most shards that this worker takes; 0, the default, for no bound.</summary>
    public int MaxLeases { get; set; }

    /// <summary>How much this worker can do relative to the application's others: above 0, at most 1,000. Default 1.</summary>
    public double Capacity { get; set; } = 1;

    /// <summary>
    /// How long a worker may be silent before its shards go to others: 2 seconds to 10 minutes. It holds for the application; null, the
    /// default, leaves it as it is, 10 seconds at first.
    /// </summary>
    public TimeSpan? FailoverTime { get; set; }

    /// <summary>
    /// How long a worker may take to hand a shard over before it is taken away: 1 second to 10 minutes. It holds for the application; null,
    /// the default, leaves it as it is, 30 seconds at first.
    /// </summary>
    public TimeSpan? HandOverTime { get; set; }

    /// <summary>How records come. Default <see cref="RetrievalMode.Push"/>.</summary>
    public RetrievalMode Retrieval { get; set; } = RetrievalMode.Push;

    /// <summary>With <see cref="RetrievalMode.Polling"/>: the pause between a shard's batch and the asking for its next. Default zero; at most 1 hour.</summary>
    public TimeSpan IdleTimeBetweenReads { get; set; } = TimeSpan.Zero;

    /// <summary>Most records of a batch, aggregated ones counted as one. 1 to 10,000, the default.</summary>
    public int MaxRecords { get; set; } = 10_000;

    /// <summary>Whether a processor is also told, every few seconds, that a shard has no new records. Default false.</summary>
    public bool ProcessEmptyBatches { get; set; }

    /// <summary>Bytes of a shard's records that wait for its processor, up to one message more. 1 to 2^30; default 4,194,304. Of no matter with polling.</summary>
    public long MaxBufferedBytesPerShard { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes of all shards' records that wait, up to one message more. 1 to 2^38; default 67,108,864.</summary>
    public long MaxBufferedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>What is done when a processor throws. Default <see cref="ProcessorFailure.Retry"/>.</summary>
    public ProcessorFailure OnProcessorFailure { get; set; } = ProcessorFailure.Retry;

    /// <summary>The pause before what failed is tried again, which doubles and varies by half. 1 millisecond to 1 minute; default 100 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where that doubling ends. 1 millisecond to 10 minutes; default 10 seconds. Connections are tried at least once a second.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the processors may take when the consumer stops: to finish their batches, checkpoint and end. Then their tokens are
    /// cancelled. Up to 1 hour; default 20 seconds, below the 30 that a host takes for its own stop.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (!ApplicationNames().IsMatch(ApplicationName))
        {
            yield return $"{nameof(ApplicationName)} is '{ApplicationName}': it must be 3 to 255 characters of [a-zA-Z0-9_.-].";
        }

        if (StreamNames.Count is < 1 or > MaxStreams)
        {
            yield return $"{nameof(StreamNames)} has {StreamNames.Count} members: it must have 1 to {MaxStreams}.";
        }

        foreach (var name in StreamNames.Where(name => name.Length is < 1 or > 128))
        {
            yield return $"{nameof(StreamNames)} has '{name}': it must be the name of a stream, 1 to 128 characters.";
        }

        if (WorkerId.Length > 0 && !WorkerIds().IsMatch(WorkerId))
        {
            yield return $"{nameof(WorkerId)} is '{WorkerId}': it must be 1 to 128 characters of [a-zA-Z0-9_.:-].";
        }

        foreach (var endpoint in Endpoints.Where(endpoint => !endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https")))
        {
            yield return $"{nameof(Endpoints)} has '{endpoint}': it must be a URL like http://127.0.0.1:4567.";
        }

        (string Name, double Value, double Least, double Most)[] bounds =
        [
            (nameof(MaxLeases), MaxLeases, 0, int.MaxValue),
            (nameof(Capacity), Capacity, double.Epsilon, 1_000),
            (nameof(MaxRecords), MaxRecords, 1, 10_000),
            (nameof(MaxBufferedBytesPerShard), MaxBufferedBytesPerShard, 1, 1L << 30),
            (nameof(MaxBufferedBytes), MaxBufferedBytes, 1, 1L << 38),
        ];
        foreach (var (name, value, least, most) in bounds.Where(bound => !(bound.Value >= bound.Least && bound.Value <= bound.Most)))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be {(least == double.Epsilon ? "above 0" : least)} to {most:F0}.");
        }

        (string Name, TimeSpan? Value, TimeSpan Least, TimeSpan Most)[] times =
        [
            (nameof(FailoverTime), FailoverTime, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10)),
            (nameof(HandOverTime), HandOverTime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            (nameof(IdleTimeBetweenReads), IdleTimeBetweenReads, TimeSpan.Zero, TimeSpan.FromHours(1)),
            (nameof(RetryDelay), RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
            (nameof(MaxRetryDelay), MaxRetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)),
            (nameof(ShutdownTimeout), ShutdownTimeout, TimeSpan.Zero, TimeSpan.FromHours(1)),
        ];
        foreach (var (name, value, least, most) in times.Where(bound => bound.Value < bound.Least || bound.Value > bound.Most))
        {
            yield return $"{name} is {value}: it must be {least} to {most}.";
        }
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{3,255}\z")]
    private static partial Regex ApplicationNames();

    [GeneratedRegex(@"\A[a-zA-Z0-9_.:-]{1,128}\z")]
    private static partial Regex WorkerIds();
}
