using System.Text.Json.Serialization;

namespace Broker.Tests.Conformance.Model;

/// <summary>A shape of AWS's model: its type, its members by the names of their shapes, and what it demands of a value.</summary>
public sealed class Shape
{
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    [JsonPropertyName("min")]
    public long? Min { get; init; }

    [JsonPropertyName("max")]
    public long? Max { get; init; }

    [JsonPropertyName("pattern")]
    public string? Pattern { get; init; }

    [JsonPropertyName("enum")]
    public string[]? Enum { get; init; }

    [JsonPropertyName("members")]
    public Dictionary<string, string> Members { get; init; } = [];

    [JsonPropertyName("required")]
    public string[] Required { get; set; } = [];

    [JsonPropertyName("member")]
    public string? Member { get; init; }

    [JsonPropertyName("key")]
    public string? Key { get; init; }

    [JsonPropertyName("value")]
    public string? Value { get; init; }
}
