using System.Text;
using System.Text.RegularExpressions;
using Broker.Agent.Files;
using Broker.Agent.Processing;
using Broker.Agent.Records;
using Broker.Agent.Tailing;
using Broker.Kcl.Connection;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Configuration;

/// <summary>Makes a configuration of the settings in a file.</summary>
internal static partial class AgentConfigurationReader
{
    /// <summary>How long the client library lets records wait for others.</summary>
    private const int LongestBufferMilliseconds = 60_000;

    private const int LeastBatchBytes = 1_024;
    private const int MostTerminatorBytes = 1_024;

    public static AgentConfiguration Read(ConfigurationSection section, ConfigurationFindings findings, TimeProvider time)
    {
        var region = section.Text(AgentSettings.Region)!;
        var flows = section.Sections(AgentSettings.Flows).Select(flow => ReadFlow(flow, time)).ToArray();
        if (flows.Length == 0)
        {
            section.Fault(AgentSettings.Flows.Name, "is empty: an agent without flows has nothing to do");
        }

        foreach (var twice in flows.GroupBy(flow => flow.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            section.Fault(AgentSettings.Flows.Name, $"has the same twice: {twice.First().FilePattern} to {twice.First().StreamName}");
        }

        var configuration = new AgentConfiguration
        {
            Endpoints = section.Parsed(AgentSettings.Endpoint.Name, section.Text(AgentSettings.Endpoint), ParseEndpoints) ?? [],
            Region = region,
            Credentials = ReadCredentials(section, region),
            CheckpointFile = section.Needed(AgentSettings.CheckpointFile),
            CheckpointTimeToLive = TimeSpan.FromDays(section.Number(AgentSettings.CheckpointDays)),
            ShutdownTimeout = TimeSpan.FromMilliseconds(section.Number(AgentSettings.ShutdownTimeout)),
            StatusPeriod = TimeSpan.FromSeconds(section.Number(AgentSettings.StatusPeriod)),
            LogLevel = LevelOf(section.Text(AgentSettings.LogLevel)),
            Flows = flows,
            Warnings = findings.Warnings,
        };
        section.EndMembers();
        return configuration;
    }

    private static FlowConfiguration ReadFlow(ConfigurationSection section, TimeProvider time)
    {
        var age = section.Number(AgentSettings.MaxBufferAge);
        if (age > LongestBufferMilliseconds)
        {
            section.Warn(AgentSettings.MaxBufferAge.Name, "is above 60000: records wait for 60 s at most");
        }

        var isDelivery = section.Find("deliveryStream") is not null;
        if (isDelivery)
        {
            section.Fault("deliveryStream", $"is refused: {AgentSettings.Refused["deliveryStream"]}");
        }

        var pattern = section.Needed(AgentSettings.FilePattern);
        var flow = new FlowConfiguration
        {
            FilePattern = pattern,
            Patterns = section.Parsed(AgentSettings.FilePattern.Name, pattern, FilePattern.ParseAll) ?? [],
            StreamName = isDelivery ? "" : section.Parsed(AgentSettings.Stream.Name, section.Needed(AgentSettings.Stream), ParseStream) ?? "",
            PartitionKey = section.Text(AgentSettings.PartitionKey) == "DETERMINISTIC" ? PartitionKeyOption.Deterministic : PartitionKeyOption.Random,
            Terminator = ReadTerminator(section),
            Tail = new TailOptions
            {
                InitialPosition = section.Text(AgentSettings.InitialPosition) == "START_OF_FILE" ? InitialPosition.StartOfFile : InitialPosition.EndOfFile,
                SkipHeaderLines = (int)section.Number(AgentSettings.SkipHeaderLines),
                Splitter = section.Parsed(AgentSettings.MultiLineStart.Name, section.Text(AgentSettings.MultiLineStart), JavaPattern.AtStart) is { } start
                    ? new PatternSplitter(start)
                    : new LineSplitter(),
                RefreshAfter = TimeSpan.FromMilliseconds(section.Number(AgentSettings.RefreshInterval)),
            },
            MaxBufferAge = TimeSpan.FromMilliseconds(Math.Min(age, LongestBufferMilliseconds)),
            MaxBufferRecords = (int)section.Number(AgentSettings.MaxBufferRecords),
            MaxBufferBytes = Math.Max(LeastBatchBytes, (int)section.Number(AgentSettings.MaxBufferBytes)),
            PollInterval = TimeSpan.FromMilliseconds(section.Number(AgentSettings.PollInterval)),
            RetryInitial = TimeSpan.FromMilliseconds(section.Number(AgentSettings.RetryInitial)),
            RetryMost = TimeSpan.FromMilliseconds(section.Number(AgentSettings.RetryMost)),
            Converter = ProcessingReader.Read(section.Sections(AgentSettings.Processing), time),
        };
        section.EndMembers();
        return flow;
    }

    private static byte[] ReadTerminator(ConfigurationSection section)
    {
        var terminator = Encoding.UTF8.GetBytes(section.Text(AgentSettings.Terminator)!);
        if (terminator.Length > MostTerminatorBytes)
        {
            section.Fault(AgentSettings.Terminator.Name, "has more than 1024 bytes");
        }

        return terminator;
    }

    private static BrokerCredentials? ReadCredentials(ConfigurationSection section, string region)
    {
        var (id, secret) = (section.Text(AgentSettings.AccessKeyId), section.Text(AgentSettings.SecretAccessKey));
        if (string.IsNullOrEmpty(id) != string.IsNullOrEmpty(secret))
        {
            section.Fault(AgentSettings.AccessKeyId.Name, $"and {AgentSettings.SecretAccessKey.Name} belong together: one is missing");
        }

        return string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret) ? null : new BrokerCredentials(id, secret, region);
    }

    private static string ParseStream(string text) => StreamName().IsMatch(text)
        ? text
        : throw new FormatException($"'{text}' is not a stream's name: 1 to 128 characters of [a-zA-Z0-9_.-].");

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{1,128}\z")]
    private static partial Regex StreamName();

    /// <summary>Several are separated by commas; one without a scheme is spoken to by TLS, as AWS's agent does.</summary>
    private static IReadOnlyList<Uri> ParseEndpoints(string text) =>
    [
        .. text.Split(',').Select(part => part.Trim()).Select(part =>
            Uri.TryCreate(part.Contains("://", StringComparison.Ordinal) ? part : $"https://{part}", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? address
                : throw new FormatException($"'{part}' is not a URL like http://127.0.0.1:4567.")),
    ];

    private static LogLevel LevelOf(string? name) => name switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "FATAL" => LogLevel.Critical,
        _ => LogLevel.Information,
    };
}
