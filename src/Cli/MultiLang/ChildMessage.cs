using System.Text.Json;

namespace Broker.Cli.MultiLang;

/// <summary>What a processor says.</summary>
/// <param name="Action"><c>status</c> or <c>checkpoint</c>.</param>
/// <param name="ResponseFor">Of a status: the action that is done.</param>
/// <param name="SequenceNumber">Of a checkpoint; null for all that the processor was given.</param>
/// <param name="SubSequenceNumber">Of a checkpoint; null for the whole record.</param>
internal sealed record ChildMessage(string Action, string? ResponseFor, string? SequenceNumber, long? SubSequenceNumber)
{
    public const string Status = "status";
    public const string Checkpoint = "checkpoint";

    /// <summary>Reads a line; null for one that is no message, which processors may print by mistake.</summary>
    public static ChildMessage? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "action") is Status or Checkpoint
                ? new ChildMessage(
                    Text(root, "action")!,
                    Text(root, "responseFor"),
                    Text(root, "sequenceNumber") ?? Text(root, "checkpoint"),
                    root.TryGetProperty("subSequenceNumber", out var sub) && sub.ValueKind == JsonValueKind.Number && sub.TryGetInt64(out var number) ? number : null)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
