using System.Buffers;
using Broker.Kcl;

namespace Broker.Cli.Client;

/// <summary>Collects records of one batch in their serialized form (PutRecordsEntry, field 2 of ProduceBatch).</summary>
internal sealed class BatchBuilder
{
    /// <summary>Most records of a batch: the broker's limit.</summary>
    public const int MaxRecords = 500;

    /// <summary>A batch is full when it reaches this; a larger single record makes a batch of its own.</summary>
    public const int FullBytes = 512 * 1024;

    private const byte EntryTag = (2 << 3) | 2;
    private const byte PartitionKeyTag = (1 << 3) | 2;
    private const byte DataTag = (2 << 3) | 2;
    private const byte ExplicitHashKeyTag = (3 << 3) | 2;
    private ArrayBufferWriter<byte> buffer = new(4096);

    public int Count { get; private set; }

    public int Bytes => buffer.WrittenCount;

    public bool IsFull => Count >= MaxRecords || Bytes >= FullBytes;

    public void Add(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> explicitHashKey = default)
    {
        var length = FieldLength(partitionKey) + FieldLength(data) + FieldLength(explicitHashKey);
        var span = buffer.GetSpan(length + 12);
        span[0] = EntryTag;
        var at = 1 + Varint.Write(span[1..], (ulong)length);
        at += WriteField(span[at..], PartitionKeyTag, partitionKey);
        at += WriteField(span[at..], DataTag, data);
        at += WriteField(span[at..], ExplicitHashKeyTag, explicitHashKey);
        buffer.Advance(at);
        Count++;
    }

    /// <summary>Gives the records collected, which the builder lets go of, and begins the next batch.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        var records = buffer.WrittenMemory;
        buffer = new ArrayBufferWriter<byte>(Math.Max(4096, records.Length + (records.Length / 8)));
        Count = 0;
        return records;
    }

    private static int FieldLength(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : 1 + Varint.LengthOf((ulong)value.Length) + value.Length;

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
