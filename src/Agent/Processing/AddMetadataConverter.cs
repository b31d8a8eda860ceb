using System.Globalization;
using System.Text.Json;

namespace Broker.Agent.Processing;

/// <summary>ADDMETADATA: an object with what is always the same, the record as text and, where asked for, the time.</summary>
/// <param name="metadata">What is always the same.</param>
/// <param name="hasTimestamp">Whether the time is in it.</param>
/// <param name="layout">How it is written.</param>
/// <param name="time">The clock.</param>
internal sealed class AddMetadataConverter(JsonElement? metadata, bool hasTimestamp, JsonLayout layout, TimeProvider time) : IRecordConverter
{
    public byte[] Convert(ReadOnlyMemory<byte> record) => layout.Write(writer =>
    {
        if (hasTimestamp)
        {
            writer.WriteString("ts", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }

        writer.WritePropertyName("metadata");
        if (metadata is { } given)
        {
            given.WriteTo(writer);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteString("data", RecordText.WithoutLineEnd(record));
    });
}
