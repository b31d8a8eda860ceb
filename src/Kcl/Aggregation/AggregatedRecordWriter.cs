using System.Buffers;
using System.Text;

namespace Broker.Kcl.Aggregation;

/// <summary>Gathers user records into one record, in the format of the Kinesis Producer Library.</summary>
/// <remarks>
/// For one caller at a time; used again after <see cref="Reset"/>. User records of one aggregated record should belong to one shard: it goes
/// as a whole to where its first one belongs.
/// </remarks>
public sealed class AggregatedRecordWriter
{
    private const byte PartitionKeyTag = (1 << 3) | 2;
    private const byte ExplicitHashKeyTag = (2 << 3) | 2;
    private const byte RecordTag = (3 << 3) | 2;
    private const byte PartitionKeyIndexTag = 1 << 3;
    private const byte ExplicitHashKeyIndexTag = 2 << 3;
    private const byte DataTag = (3 << 3) | 2;
    private readonly int maxBytes;
    private readonly ArrayBufferWriter<byte> buffer = new(4096);
    private readonly Dictionary<string, int> partitionKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> explicitHashKeys = new(StringComparer.Ordinal);
    private string firstPartitionKey = "";
    private string? firstExplicitHashKey;

    /// <param name="maxBytes">Bytes that a record with several user records does not pass, its frame included; a single one may.</param>
    public AggregatedRecordWriter(int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        this.maxBytes = maxBytes;
        Reset();
    }

    /// <summary>User records so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that <see cref="Finish"/> would give now.</summary>
    public int Bytes => buffer.WrittenCount + AggregationFormat.DigestBytes;

    /// <summary>The partition key to put the record under: that of the only user record, or else <c>a</c>.</summary>
    public string PartitionKey => Count == 1 ? firstPartitionKey : AggregationFormat.PartitionKey;

    /// <summary>
    /// The explicit hash key to put the record under, decimal: where the first user record belongs. Null while there is none, and where there
    /// is only one user record, without an explicit hash key.
    /// </summary>
    public string? ExplicitHashKey => Count switch
    {
        0 => null,
        1 => firstExplicitHashKey,
        _ => firstExplicitHashKey ?? HashKeys.ToText(HashKeys.OfPartitionKey(firstPartitionKey)),
    };

    /// <summary>Adds a user record, unless it would pass the size and is not the first.</summary>
    /// <param name="partitionKey">Its partition key.</param>
    /// <param name="explicitHashKey">Its explicit hash key, decimal; null for none.</param>
    /// <param name="data">Its data, which is copied.</param>
    /// <returns>False when it has no room: nothing has changed.</returns>
    /// <exception cref="ArgumentException">The explicit hash key is not a decimal number of 0 to 2^128-1.</exception>
    public bool TryAdd(string partitionKey, string? explicitHashKey, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        if (explicitHashKey is not null && !HashKeys.TryParse(explicitHashKey, out _))
        {
            throw new ArgumentException($"The explicit hash key '{explicitHashKey}' is not a decimal number of 0 to 2^128-1.", nameof(explicitHashKey));
        }

        var partitionKeyIndex = partitionKeys.TryGetValue(partitionKey, out var known) ? known : -1;
        var explicitHashKeyIndex = explicitHashKey is null ? 0 : explicitHashKeys.TryGetValue(explicitHashKey, out known) ? known : -1;
        var entryLength = 1 + Varint.LengthOf((ulong)(partitionKeyIndex < 0 ? partitionKeys.Count : partitionKeyIndex))
            + (explicitHashKey is null ? 0 : 1 + Varint.LengthOf((ulong)(explicitHashKeyIndex < 0 ? explicitHashKeys.Count : explicitHashKeyIndex)))
            + FieldLength(data.Length);
        var length = FieldLength(entryLength)
            + (partitionKeyIndex < 0 ? FieldLength(Encoding.UTF8.GetByteCount(partitionKey)) : 0)
            + (explicitHashKeyIndex < 0 ? FieldLength(explicitHashKey!.Length) : 0);
        if (Count > 0 && Bytes + length > maxBytes)
        {
            return false;
        }

        // Keys stand right before the record that needs them first: protobuf lets the elements of repeated fields be mixed.
        partitionKeyIndex = partitionKeyIndex < 0 ? AddKey(PartitionKeyTag, partitionKeys, partitionKey) : partitionKeyIndex;
        explicitHashKeyIndex = explicitHashKeyIndex < 0 ? AddKey(ExplicitHashKeyTag, explicitHashKeys, explicitHashKey!) : explicitHashKeyIndex;
        var span = buffer.GetSpan(length);
        span[0] = RecordTag;
        var at = 1 + Varint.Write(span[1..], (ulong)entryLength);
        span[at++] = PartitionKeyIndexTag;
        at += Varint.Write(span[at..], (ulong)partitionKeyIndex);
        if (explicitHashKey is not null)
        {
            span[at++] = ExplicitHashKeyIndexTag;
            at += Varint.Write(span[at..], (ulong)explicitHashKeyIndex);
        }

        span[at++] = DataTag;
        at += Varint.Write(span[at..], (ulong)data.Length);
        data.CopyTo(span[at..]);
        buffer.Advance(at + data.Length);
        if (Count++ == 0)
        {
            (firstPartitionKey, firstExplicitHashKey) = (partitionKey, explicitHashKey);
        }

        return true;
    }

    /// <summary>Gives the data of the aggregated record; valid until <see cref="Reset"/>, which comes before the next <see cref="TryAdd"/>.</summary>
    /// <exception cref="InvalidOperationException">There is no user record.</exception>
    public ReadOnlyMemory<byte> Finish()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("An aggregated record needs a user record.");
        }

        AggregationFormat.Digest(buffer.WrittenSpan[AggregationFormat.Magic.Length..], buffer.GetSpan(AggregationFormat.DigestBytes));
        buffer.Advance(AggregationFormat.DigestBytes);
        return buffer.WrittenMemory;
    }

    /// <summary>Begins the next aggregated record.</summary>
    public void Reset()
    {
        buffer.ResetWrittenCount();
        buffer.Write(AggregationFormat.Magic);
        partitionKeys.Clear();
        explicitHashKeys.Clear();
        Count = 0;
    }

    private static int FieldLength(int length) => 1 + Varint.LengthOf((ulong)length) + length;

    private int AddKey(byte tag, Dictionary<string, int> table, string key)
    {
        var bytes = Encoding.UTF8.GetByteCount(key);
        var span = buffer.GetSpan(FieldLength(bytes));
        span[0] = tag;
        var at = 1 + Varint.Write(span[1..], (ulong)bytes);
        buffer.Advance(at + Encoding.UTF8.GetBytes(key, span[at..]));
        table.Add(key, table.Count);
        return table.Count - 1;
    }
}
