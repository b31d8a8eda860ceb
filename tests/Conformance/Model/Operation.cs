using System.Text.Json.Serialization;

namespace Broker.Tests.Conformance.Model;

/// <summary>An operation of AWS's model.</summary>
public sealed class Operation
{
    [JsonPropertyName("input")]
    public string? Input { get; init; }

    [JsonPropertyName("output")]
    public string? Output { get; init; }

    [JsonPropertyName("errors")]
    public string[] Errors { get; init; } = [];
}
