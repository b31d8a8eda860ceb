using System.Text.Encodings.Web;
using System.Text.Json;

namespace Broker.Agent.Processing;

/// <summary>Writes a record as a JSON object.</summary>
/// <param name="isPretty">PRETTYPRINT: over several lines; else COMPACT.</param>
internal sealed class JsonLayout(bool isPretty)
{
    private readonly JsonWriterOptions options = new() { Indented = isPretty, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="write">Writes the members.</param>
    /// <returns>The object and a line end.</returns>
    public byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
