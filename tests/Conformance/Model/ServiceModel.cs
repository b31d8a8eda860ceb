using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Tests.Conformance.Model;

/// <summary>AWS's model of Kinesis Data Streams, stripped (README.md beside this file), with what is newer laid over it.</summary>
public sealed class ServiceModel
{
    /// <summary>The model of the running suite.</summary>
    public static ServiceModel Kinesis { get; } = Load("kinesis-2013-12-02.json").Over(Load("kinesis-2026.json"));

    [JsonPropertyName("targetPrefix")]
    public required string TargetPrefix { get; init; }

    [JsonPropertyName("operations")]
    public required SortedDictionary<string, Operation> Operations { get; init; }

    [JsonPropertyName("shapes")]
    public required Dictionary<string, Shape> Shapes { get; init; }

    /// <summary>The shape of an operation's input; one without members for an operation without input.</summary>
    public Shape InputOf(string operation) => Operations[operation].Input is { } name ? Shapes[name] : new Shape { Type = "structure" };

    private static ServiceModel Load(string name)
    {
        using var stream = typeof(ServiceModel).Assembly.GetManifestResourceStream(name)!;
        return JsonSerializer.Deserialize<ServiceModel>(stream)!;
    }

    private ServiceModel Over(ServiceModel newer)
    {
        foreach (var (name, operation) in newer.Operations)
        {
            Operations[name] = operation;
        }

        foreach (var (name, shape) in newer.Shapes)
        {
            if (!Shapes.TryGetValue(name, out var known))
            {
                Shapes[name] = shape;
                continue;
            }

            known.Required = shape.Required;
            foreach (var (member, of) in shape.Members)
            {
                known.Members[member] = of;
            }
        }

        return this;
    }
}
