using System.Text.Encodings.Web;
using System.Text.Json;
using Broker.Kcl.Consumer;

namespace Broker.Cli.MultiLang;

/// <summary>What the daemon says to a processor: an object of JSON a line.</summary>
internal static class DaemonMessages
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Initialize(ShardLease lease) => Write("initialize", writer =>
    {
        writer.WriteString("shardId", lease.ShardId);
        writer.WriteString("sequenceNumber", lease.Checkpoint.Position?.SequenceNumber ?? lease.Checkpoint.ToString());
        writer.WriteNumber("subSequenceNumber", lease.Checkpoint.Position?.SubSequenceNumber ?? 0);
    });

    public static byte[] ProcessRecords(RecordBatch batch) => Write("processRecords", writer =>
    {
        writer.WriteStartArray("records");
        foreach (var record in batch.Records)
        {
            writer.WriteStartObject();
            writer.WriteString("action", "record");
            writer.WriteBase64String("data", record.Data.Span);
            writer.WriteString("partitionKey", record.PartitionKey);
            writer.WriteString("sequenceNumber", record.SequenceNumber);
            writer.WriteNumber("subSequenceNumber", record.SubSequenceNumber);
            writer.WriteNumber("approximateArrivalTimestamp", record.ApproximateArrivalTime.ToUnixTimeMilliseconds());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("millisBehindLatest", (long)batch.BehindLatest.TotalMilliseconds);
    });

    /// <summary>An action without more.</summary>
    public static byte[] Plain(string action) => Write(action, static _ => { });

    /// <summary>The answer to a checkpoint.</summary>
    /// <param name="asked">The checkpoint.</param>
    /// <param name="error">The simple name of the exception that KCL would have thrown; null where it is durable.</param>
    public static byte[] Checkpoint(ChildMessage asked, string? error) => Write("checkpoint", writer =>
    {
        writer.WriteString("sequenceNumber", asked.SequenceNumber);
        if (asked.SubSequenceNumber is { } sub)
        {
            writer.WriteNumber("subSequenceNumber", sub);
        }
        else
        {
            writer.WriteNull("subSequenceNumber");
        }

        writer.WriteString("error", error);
    });

    private static byte[] Write(string action, Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("action", action);
            content(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
