using System.Text;

namespace Broker.Kcl.Producer;

/// <summary>How a record stands in a batch: PutRecordsEntry, field 2 of ProduceBatch (broker/v1/records.proto).</summary>
internal static class RecordEncoding
{
    private const byte EntryTag = (2 << 3) | 2;
    private const byte PartitionKeyTag = (1 << 3) | 2;
    private const byte DataTag = (2 << 3) | 2;
    private const byte ExplicitHashKeyTag = (3 << 3) | 2;

    /// <summary>Bytes that a record takes.</summary>
    public static int LengthOf(int keyBytes, int dataBytes, int hashKeyBytes) => EntryLength(MessageLength(keyBytes, dataBytes, hashKeyBytes));

    /// <summary>Writes a record.</summary>
    /// <param name="destination">At least <see cref="LengthOf"/> bytes.</param>
    /// <param name="partitionKey">Its partition key, UTF-8; empty for none.</param>
    /// <param name="data">Its data.</param>
    /// <param name="explicitHashKey">Its explicit hash key, decimal; empty for none.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<char> explicitHashKey)
    {
        destination[0] = EntryTag;
        var at = 1 + Varint.Write(destination[1..], (ulong)MessageLength(partitionKey.Length, data.Length, explicitHashKey.Length));
        at += WriteField(destination[at..], PartitionKeyTag, partitionKey);
        at += WriteField(destination[at..], DataTag, data);
        if (!explicitHashKey.IsEmpty)
        {
            destination[at++] = ExplicitHashKeyTag;
            at += Varint.Write(destination[at..], (ulong)explicitHashKey.Length);
            at += Encoding.ASCII.GetBytes(explicitHashKey, destination[at..]);
        }

        return at;
    }

    private static int MessageLength(int keyBytes, int dataBytes, int hashKeyBytes) => FieldLength(keyBytes) + FieldLength(dataBytes) + FieldLength(hashKeyBytes);

    private static int FieldLength(int length) => length == 0 ? 0 : 1 + Varint.LengthOf((ulong)length) + length;

    private static int EntryLength(int length) => 1 + Varint.LengthOf((ulong)length) + length;

    private static int WriteField(Span<byte> destination, byte tag, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return 0;
        }

        destination[0] = tag;
        var at = 1 + Varint.Write(destination[1..], (ulong)value.Length);
        value.CopyTo(destination[at..]);
        return at + value.Length;
    }
}
