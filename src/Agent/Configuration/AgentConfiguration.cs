using System.Text.Json;
using Broker.Kcl.Connection;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Configuration;

/// <summary>What an agent is to do: the configuration file of AWS's Kinesis Agent.</summary>
public sealed class AgentConfiguration
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    internal AgentConfiguration()
    {
    }

    /// <summary>Gateways of the broker; none where the configuration names none.</summary>
    public IReadOnlyList<Uri> Endpoints { get; internal init; } = [];

    /// <summary>What calls are signed with; null where the configuration has no access key.</summary>
    public BrokerCredentials? Credentials { get; internal init; }

    /// <summary>The broker's region.</summary>
    public string Region { get; internal init; } = "us-east-1";

    /// <summary>Where it is kept how far files are dealt with.</summary>
    public string CheckpointFile { get; internal init; } = "";

    /// <summary>How long a path is remembered at which there is nothing.</summary>
    public TimeSpan CheckpointTimeToLive { get; internal init; }

    /// <summary>How long stopping may take.</summary>
    public TimeSpan ShutdownTimeout { get; internal init; }

    /// <summary>How often the log tells of each flow; zero for never.</summary>
    public TimeSpan StatusPeriod { get; internal init; }

    /// <summary>What is logged.</summary>
    public LogLevel LogLevel { get; internal init; } = LogLevel.Information;

    /// <summary>What was passed over, in words.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    internal IReadOnlyList<FlowConfiguration> Flows { get; init; } = [];

    /// <summary>Reads a configuration: JSON, with comments and trailing commas as they come.</summary>
    /// <exception cref="AgentConfigurationException">It cannot be used; it tells all that is wrong.</exception>
    public static AgentConfiguration Parse(string json) => Parse(json, TimeProvider.System);

    internal static AgentConfiguration Parse(string json, TimeProvider time)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Lenient);
        }
        catch (JsonException e)
        {
            throw new AgentConfigurationException([$"It is not JSON: {e.Message}"]);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new AgentConfigurationException(["It must be a JSON object."]);
            }

            var findings = new ConfigurationFindings();
            var configuration = AgentConfigurationReader.Read(new ConfigurationSection(document.RootElement, "", findings), findings, time);
            return findings.Faults.Count == 0 ? configuration : throw new AgentConfigurationException(findings.Faults);
        }
    }
}
