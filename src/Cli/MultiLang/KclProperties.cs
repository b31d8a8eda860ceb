using System.Globalization;
using Broker.Kcl.Consumer;

namespace Broker.Cli.MultiLang;

/// <summary>What KCL's properties file says, as far as it matters here.</summary>
/// <param name="Command">The processor's executable and its arguments.</param>
/// <param name="Options">The consumer's, but for how the broker is spoken to.</param>
/// <param name="Endpoint">The broker; null where the file does not name it.</param>
/// <param name="Timeout">How long a processor may say nothing when it is asked something; null for ever.</param>
/// <param name="Notes">Keys that are of no matter here, in words for people.</param>
internal sealed record KclProperties(
    IReadOnlyList<string> Command, BrokerConsumerOptions Options, Uri? Endpoint, TimeSpan? Timeout, IReadOnlyList<string> Notes)
{
    private const string HandOver = "gracefulLeaseHandoffConfig.gracefulLeaseHandoffTimeoutMillis";

    private static readonly string[] Read =
    [
        "executableName", "streamName", "streamArn", "applicationName", "workerId", "initialPositionInStream", "initialPositionInStreamExtended",
        "maxRecords", "idleTimeBetweenReadsInMillis", "failoverTimeMillis", "taskBackoffTimeMillis", "callProcessRecordsEvenForEmptyRecordList",
        "maxLeasesForWorker", "shutdownGraceMillis", "timeoutInSeconds", "kinesisEndpoint", "retrievalMode", HandOver,
    ];

    /// <summary>KCL's own, which have to do with AWS, DynamoDB, CloudWatch or Java. One that ends in a full stop stands for all that begin so.</summary>
    private static readonly string[] Known =
    [
        "AWSCredentialsProvider", "AWSCredentialsProviderDynamoDB", "AWSCredentialsProviderCloudWatch", "AwsCredentialsProvider",
        "AwsCredentialsProviderDynamoDB", "AwsCredentialsProviderCloudWatch", "regionName", "dynamoDBEndpoint", "dynamoDBRegionName",
        "cloudWatchRegionName", "tableName", "processingLanguage", "maxActiveThreads", "shardSyncIntervalMillis", "leasesRecoveryAuditorExecutionFrequencyMillis",
        "leasesRecoveryAuditorInconsistencyConfidenceThreshold", "cleanupLeasesUponShardCompletion", "ignoreUnexpectedChildShards",
        "maxLeasesToStealAtOneTime", "initialLeaseTableReadCapacity", "initialLeaseTableWriteCapacity", "maxLeaseRenewalThreads",
        "listShardsBackoffTimeInMillis", "maxListShardsRetryAttempts", "parentShardPollIntervalMillis", "shardPrioritization",
        "skipShardSyncAtWorkerInitializationIfLeasesExist", "schedulerInitializationBackoffTimeMillis", "metricsBufferTimeMillis", "metricsMaxQueueSize",
        "metricsLevel", "metricsEnabledDimensions", "logWarningForTaskAfterMillis", "validateSequenceNumberBeforeCheckpointing", "userAgent",
        "retryGetRecordsInSeconds", "maxGetRecordsThreadPool", "billingMode", "clientVersionConfig", "kinesisClient.", "dynamoDbClient.",
        "cloudWatchClient.", "kinesisCredentialsProvider.", "dynamoDBCredentialsProvider.", "cloudWatchCredentialsProvider.", "fanoutConfig.",
        "pollingConfig.", "workerUtilizationAwareAssignmentConfig.", "gracefulLeaseHandoffConfig.", "workerMetricsTableConfig.",
        "coordinatorStateTableConfig.",
    ];

    /// <exception cref="CommandException">It lacks something, or a value is none; all faults at once.</exception>
    public static KclProperties Of(IReadOnlyDictionary<string, string> file, string name)
    {
        var given = new Dictionary<string, string>(file.Where(property => property.Value.Trim().Length > 0).Select(
            property => KeyValuePair.Create(property.Key, property.Value.Trim())), StringComparer.OrdinalIgnoreCase);
        var faults = new List<string>();
        if (!given.ContainsKey("executableName"))
        {
            faults.Add("executableName is missing: it names the processor's program, e.g. executableName = node processor.js.");
        }

        var options = new BrokerConsumerOptions
        {
            ApplicationName = given.GetValueOrDefault("applicationName", ""),
            WorkerId = given.GetValueOrDefault("workerId", ""),
            InitialPosition = Position(given, faults),
            MaxRecords = (int)Number(given, faults, "maxRecords", 1, 10_000, 10_000),
            MaxLeases = given.ContainsKey("maxLeasesForWorker") ? (int)Number(given, faults, "maxLeasesForWorker", 1, int.MaxValue, 0) : 0,
            IdleTimeBetweenReads = TimeSpan.FromMilliseconds(Number(given, faults, "idleTimeBetweenReadsInMillis", 0, 3_600_000, 0)),
            FailoverTime = Optional(given, faults, "failoverTimeMillis", 2_000, 600_000),
            HandOverTime = Optional(given, faults, HandOver, 1_000, 600_000),
            RetryDelay = TimeSpan.FromMilliseconds(Number(given, faults, "taskBackoffTimeMillis", 1, 60_000, 500)),
            ShutdownTimeout = TimeSpan.FromMilliseconds(Number(given, faults, "shutdownGraceMillis", 0, 3_600_000, 20_000)),
            ProcessEmptyBatches = given.GetValueOrDefault("callProcessRecordsEvenForEmptyRecordList", "").Equals("true", StringComparison.OrdinalIgnoreCase),
            Retrieval = given.GetValueOrDefault("retrievalMode", "").Equals("POLLING", StringComparison.OrdinalIgnoreCase) ? RetrievalMode.Polling : RetrievalMode.Push,

            // A processor that died may have had records in hand that it did not checkpoint: they must come again, to a new one.
            OnProcessorFailure = ProcessorFailure.Release,
        };
        if (StreamOf(given) is { } stream)
        {
            options.StreamNames.Add(stream);
        }
        else
        {
            faults.Add("streamName or streamArn is missing, or is no stream's.");
        }

        Uri? endpoint = null;
        if (given.TryGetValue("kinesisEndpoint", out var url) && (!Uri.TryCreate(url, UriKind.Absolute, out endpoint) || endpoint.Scheme is not ("http" or "https")))
        {
            faults.Add($"kinesisEndpoint is '{url}': it must be the broker's URL, like {ClientOptions.DefaultEndpoint}.");
        }

        faults.AddRange(options.Faults().Where(fault => !fault.StartsWith(nameof(options.StreamNames), StringComparison.Ordinal)));
        if (faults.Count > 0)
        {
            throw new CommandException($"{name}: {string.Join(' ', faults)}", ExitCode.Usage);
        }

        return new KclProperties(
            given["executableName"].Split(' ', StringSplitOptions.RemoveEmptyEntries),
            options,
            endpoint,
            given.ContainsKey("timeoutInSeconds") ? TimeSpan.FromSeconds(Number(given, faults, "timeoutInSeconds", 1, 86_400, 1)) : null,
            [.. file.Keys.Select(Note).OfType<string>().Order(StringComparer.Ordinal)]);
    }

    private static string? Note(string key) =>
        Read.Contains(key, StringComparer.OrdinalIgnoreCase) ? null
        : Array.Exists(Known, known => known.EndsWith('.') ? key.StartsWith(known, StringComparison.OrdinalIgnoreCase) : known.Equals(key, StringComparison.OrdinalIgnoreCase))
            ? $"{key} is of no matter here: there is neither AWS nor DynamoDB nor Java."
        : $"{key} is not known to KCL nor here: it is left out.";

    private static InitialPosition Position(Dictionary<string, string> given, List<string> faults)
    {
        if (given.ContainsKey("initialPositionInStreamExtended"))
        {
            var seconds = Number(given, faults, "initialPositionInStreamExtended", 0, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 0);
            return InitialPosition.AtTimestamp(DateTimeOffset.FromUnixTimeSeconds(seconds));
        }

        switch (given.GetValueOrDefault("initialPositionInStream", "LATEST").ToUpperInvariant())
        {
            case "LATEST":
                return InitialPosition.Latest;
            case "TRIM_HORIZON":
                return InitialPosition.TrimHorizon;
            default:
                faults.Add($"initialPositionInStream is '{given["initialPositionInStream"]}': it must be TRIM_HORIZON or LATEST, or initialPositionInStreamExtended a Unix time in seconds.");
                return InitialPosition.Latest;
        }
    }

    private static string? StreamOf(Dictionary<string, string> given) =>
        given.TryGetValue("streamArn", out var arn) ? (arn.IndexOf(":stream/", StringComparison.Ordinal) is > 0 and var at ? arn[(at + ":stream/".Length)..] : null)
        : given.GetValueOrDefault("streamName");

    private static TimeSpan? Optional(Dictionary<string, string> given, List<string> faults, string key, long least, long most) =>
        given.ContainsKey(key) ? TimeSpan.FromMilliseconds(Number(given, faults, key, least, most, least)) : null;

    private static long Number(Dictionary<string, string> given, List<string> faults, string key, long least, long most, long standard)
    {
        if (!given.TryGetValue(key, out var text))
        {
            return standard;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        faults.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is '{text}': it must be {least} to {most}."));
        return standard;
    }
}
