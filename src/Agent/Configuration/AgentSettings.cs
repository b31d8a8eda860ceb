namespace Broker.Agent.Configuration;

/// <summary>The names that are understood: AWS's agent's own. docs/agent.md lists them, which a test compares.</summary>
internal static class AgentSettings
{
    private const int Minute = 60_000;

    public static readonly TextSetting Endpoint = new("kinesis.endpoint");
    public static readonly TextSetting Region = new("kinesis.region", "us-east-1");
    public static readonly TextSetting AccessKeyId = new("awsAccessKeyId");
    public static readonly TextSetting SecretAccessKey = new("awsSecretAccessKey");
    public static readonly TextSetting CheckpointFile = new("checkpointFile", "/var/lib/broker-agent/checkpoints.json");
    public static readonly NumberSetting CheckpointDays = new("checkpointTimeToLiveDays", 7, 1, 3_650);
    public static readonly NumberSetting ShutdownTimeout = new("shutdownTimeoutMillis", 10_000, 0, 15 * Minute);
    public static readonly NumberSetting StatusPeriod = new("log.statusReportingPeriodSeconds", 30, 0, 86_400);
    public static readonly TextSetting LogLevel = new("log.level", "INFO", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
    public static readonly ListSetting Flows = new("flows");

    public static readonly TextSetting FilePattern = new("filePattern");
    public static readonly TextSetting Stream = new("kinesisStream");
    public static readonly TextSetting InitialPosition = new("initialPosition", "END_OF_FILE", "START_OF_FILE", "END_OF_FILE");
    public static readonly TextSetting PartitionKey = new("partitionKeyOption", "RANDOM", "RANDOM", "DETERMINISTIC");
    public static readonly NumberSetting SkipHeaderLines = new("skipHeaderLines", 0, 0, 10_000);
    public static readonly TextSetting MultiLineStart = new("multiLineStartPattern");
    public static readonly TextSetting Terminator = new("truncatedRecordTerminator", "\n");
    public static readonly NumberSetting MaxBufferAge = new("maxBufferAgeMillis", 0, 0, 15 * Minute);
    public static readonly NumberSetting MaxBufferRecords = new("maxBufferSizeRecords", 500, 1, 500);
    public static readonly NumberSetting MaxBufferBytes = new("maxBufferSizeBytes", 524_288, 1, 5_242_880);
    public static readonly NumberSetting PollInterval = new("minTimeBetweenFilePollsMillis", 100, 1, 15 * Minute);
    public static readonly NumberSetting RefreshInterval = new("maxTimeBetweenFileTrackerRefreshMillis", 10_000, 10, 15 * Minute);
    public static readonly NumberSetting RetryInitial = new("retryInitialBackoffMillis", 100, 1, Minute);
    public static readonly NumberSetting RetryMost = new("retryMaxBackoffMillis", 10_000, 1, Minute);
    public static readonly ListSetting Processing = new("dataProcessingOptions");

    /// <summary>Settings of the agent as a whole.</summary>
    public static IReadOnlyList<Setting> OfAgent { get; } =
    [
        Endpoint, Region, AccessKeyId, SecretAccessKey, CheckpointFile, CheckpointDays, ShutdownTimeout, StatusPeriod, LogLevel, Flows,
    ];

    /// <summary>Settings of a flow.</summary>
    public static IReadOnlyList<Setting> OfFlow { get; } =
    [
        FilePattern, Stream, InitialPosition, PartitionKey, SkipHeaderLines, MultiLineStart, Terminator, MaxBufferAge, MaxBufferRecords,
        MaxBufferBytes, PollInterval, RefreshInterval, RetryInitial, RetryMost, Processing,
    ];

    /// <summary>Names of AWS's agent that have nothing to set here, and why: they are noted and change nothing.</summary>
    public static IReadOnlyDictionary<string, string> WithoutEffect { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["cloudwatch.emitMetrics"] = "metrics go to OpenTelemetry",
        ["cloudwatch.endpoint"] = "metrics go to OpenTelemetry",
        ["cloudwatch.namespace"] = "metrics go to OpenTelemetry",
        ["cloudwatch.metricsBufferTimeMillis"] = "metrics go to OpenTelemetry",
        ["cloudwatch.metricsQueueSize"] = "metrics go to OpenTelemetry",
        ["cloudwatch.tagInstance"] = "metrics go to OpenTelemetry",
        ["log.emitMetrics"] = "the log has a line on each flow at every log.statusReportingPeriodSeconds",
        ["log.emitInternalMetrics"] = "the log has a line on each flow at every log.statusReportingPeriodSeconds",
        ["log.file"] = "the log goes to standard error",
        ["log.maxFileSize"] = "the log goes to standard error",
        ["log.maxBackupIndex"] = "the log goes to standard error",
        ["firehose.endpoint"] = "there is no Firehose yet",
        ["sts.endpoint"] = "there is no STS",
        ["maxConnections"] = "a flow has one connection",
        ["maxSendingThreads"] = "a flow has one connection",
        ["maxSendingThreadsPerCore"] = "a flow has one connection",
        ["sendingThreadsKeepAliveMillis"] = "a flow has one connection",
        ["sendingThreadsMaxQueueSize"] = "a flow has one connection",
        ["connectionTimeoutMillis"] = "a connection is given up after 2 s",
        ["connectionTTLMillis"] = "connections are kept",
        ["socketTimeoutMillis"] = "a dead connection is found by pings",
        ["useTcpKeepAlive"] = "a dead connection is found by pings",
        ["useHttpGzip"] = "the broker compresses by itself",
        ["checkpoints.connectionTimeoutSeconds"] = "checkpoints are a plain file",
        ["checkpoints.queryTimeoutSeconds"] = "checkpoints are a plain file",
        ["publishQueueCapacity"] = "what is under way is bounded by 10,000 records and 16 MiB a flow",
        ["waitOnFullPublishQueueMillis"] = "what is under way is bounded by 10,000 records and 16 MiB a flow",
        ["waitOnEmptyPublishQueueMillis"] = "what is under way is bounded by 10,000 records and 16 MiB a flow",
        ["waitOnFullRetryQueueMillis"] = "what is under way is bounded by 10,000 records and 16 MiB a flow",
    };

    /// <summary>Names of AWS's agent that cannot be passed over without changing what is sent, or how: they are refused, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Refused { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["deliveryStream"] = "there is no Firehose yet: give kinesisStream",
        ["fileFooterPattern"] = "footers are not recognized",
        ["assumeRoleARN"] = "a broker has no roles to assume: give an access key",
        ["assumeRoleExternalId"] = "a broker has no roles to assume: give an access key",
        ["userDefinedCredentialsProvider.classname"] = "Java classes cannot be loaded: give an access key",
        ["userDefinedCredentialsProvider.location"] = "Java classes cannot be loaded: give an access key",
    };
}
