using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Broker.V1;

namespace Broker.Cli.Records;

/// <summary>Writes records to standard output, a line each.</summary>
/// <remarks>
/// Raw: the data's bytes. JSON: an object with shardId, sequenceNumber, partitionKey, approximateArrivalTimestamp (ISO 8601, UTC,
/// milliseconds) and data, the text, where the data is valid UTF-8, or else dataBase64.
/// </remarks>
internal sealed class RecordWriter(Stream output, bool json)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);

    /// <summary>Adds a record; nothing is written before <see cref="FlushAsync"/>.</summary>
    public void Add(string shardId, Record record)
    {
        if (json)
        {
            AddJson(shardId, record);
        }
        else
        {
            buffer.Write(record.Data.Span);
        }

        buffer.Write("\n"u8);
    }

    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        await output.WriteAsync(buffer.WrittenMemory, cancellation);
        await output.FlushAsync(cancellation);
        buffer.ResetWrittenCount();
    }

    private void AddJson(string shardId, Record record)
    {
        using var writer = new Utf8JsonWriter(buffer, Compact);
        writer.WriteStartObject();
        writer.WriteString("shardId", shardId);
        writer.WriteString("sequenceNumber", record.SequenceNumber);
        writer.WriteString("partitionKey", record.PartitionKey);
        if (record.ApproximateArrivalTimestamp is { } arrival)
        {
            Span<byte> text = stackalloc byte[32];
            arrival.ToDateTime().TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            writer.WriteString("approximateArrivalTimestamp", text[..written]);
        }

        if (Utf8.IsValid(record.Data.Span))
        {
            writer.WriteString("data", record.Data.Span);
        }
        else
        {
            writer.WriteBase64String("dataBase64", record.Data.Span);
        }

        writer.WriteEndObject();
    }
}
