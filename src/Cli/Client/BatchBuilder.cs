using System.Buffers;
using Broker.Kcl.Producer;

namespace Broker.Cli.Client;

/// <summary>Collects records of one batch in their serialized form (<see cref="RecordEncoding"/>).</summary>
internal sealed class BatchBuilder
{
    /// <summary>Most records of a batch: the broker's limit.</summary>
    public const int MaxRecords = 500;

    /// <summary>A batch is full when it reaches this; a larger single record makes a batch of its own.</summary>
    public const int FullBytes = 512 * 1024;

    private ArrayBufferWriter<byte> buffer = new(4096);

    public int Count { get; private set; }

    public int Bytes => buffer.WrittenCount;

    public bool IsFull => Count >= MaxRecords || Bytes >= FullBytes;

    public void Add(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<char> explicitHashKey = default)
    {
        var span = buffer.GetSpan(RecordEncoding.LengthOf(partitionKey.Length, data.Length, explicitHashKey.Length));
        buffer.Advance(RecordEncoding.Write(span, partitionKey, data, explicitHashKey));
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
}
