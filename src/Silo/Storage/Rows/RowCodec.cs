using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Silo.Storage.Rows;

/// <summary>A row's bytes: one byte of format, then UTF-8 JSON (docs/layouts/rows.md).</summary>
/// <remarks>
/// Format 1 lets members be added: a reader ignores those that it does not know, and takes the default for those that are missing.
/// Anything that an older release must not misread raises the format, and the older one refuses the row.
/// </remarks>
public static class RowCodec
{
    /// <summary>The format that this release writes.</summary>
    public const byte Format = 1;

    public static ReadOnlyMemory<byte> Encode<T>(T value, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream(256);
        buffer.WriteByte(Format);
        JsonSerializer.Serialize(buffer, value, type);
        return buffer.ToArray();
    }

    /// <exception cref="StorageException">The row is of a newer format, or damaged.</exception>
    public static T Decode<T>(Row row, JsonTypeInfo<T> type) => Decode($"Row {row.Key}", row.Value.Span, type);

    /// <summary>The same for bytes that are no row's.</summary>
    /// <param name="what">What they are, for the exception.</param>
    /// <param name="bytes">As <see cref="Encode"/> made them.</param>
    /// <param name="type">Their type.</param>
    /// <exception cref="StorageException">They are of a newer format, or damaged.</exception>
    public static T Decode<T>(string what, ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
    {
        if (bytes.IsEmpty || bytes[0] == 0)
        {
            throw new StorageException(StorageFault.Corrupt, $"{what} is damaged: it has no format byte.");
        }

        if (bytes[0] > Format)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                $"{what} has format {bytes[0]}, written by a newer release; this one knows formats up to {Format}.");
        }

        try
        {
            return JsonSerializer.Deserialize(bytes[1..], type)
                ?? throw new StorageException(StorageFault.Corrupt, $"{what} is damaged: it holds null.");
        }
        catch (JsonException exception)
        {
            throw new StorageException(StorageFault.Corrupt, $"{what} is damaged: {exception.Message}", exception);
        }
    }
}
