using System.Text;
using System.Text.Unicode;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Broker.Gateway.Wire;

namespace Broker.Gateway.Appending;

/// <summary>Reads a put's records straight from the request's bytes, checks them, and encodes each into the payload of its shard.</summary>
/// <remarks>Nothing is allocated a record. Nothing takes effect before all records are found good. Not thread-safe; reusable.</remarks>
public sealed class BatchEncoder(BrokerLimits limits) : IDisposable
{
    private readonly List<HashKey> keys = [];
    private readonly List<int> touched = [];
    private ChunkWriter?[] writers = [];
    private long batchBytes;

    /// <summary>Encodes the records of a PutRecordsRequest or a ProduceBatch.</summary>
    /// <param name="message">The request's bytes.</param>
    /// <param name="route">The stream's map; routable.</param>
    /// <param name="spread">Where records go that no key places; of the identity, where the batch has one.</param>
    /// <param name="batch">The batch, where there is no fault.</param>
    /// <returns>Null, or the first fault in words.</returns>
    public string? TryEncode(ReadOnlySpan<byte> message, StreamRoute route, RecordSpread spread, out EncodedBatch? batch)
    {
        Begin(route);
        var fault = (string?)null;
        var reader = new ProtoReader(message);
        while (fault is null && reader.TryNext())
        {
            if (reader.IsBytes(RecordFields.Records))
            {
                fault = Add(reader.Bytes, RecordFields.Entry, route, spread);
            }
        }

        return End(route, fault ?? (reader.IsMalformed ? "The request is malformed." : null), out batch);
    }

    /// <summary>Encodes the record that a PutRecordRequest is.</summary>
    public string? TryEncodeSingle(ReadOnlySpan<byte> message, StreamRoute route, RecordSpread spread, out EncodedBatch? batch)
    {
        Begin(route);
        return End(route, Add(message, RecordFields.PutRecord, route, spread), out batch);
    }

    public void Dispose()
    {
        foreach (var writer in writers)
        {
            writer?.Dispose();
        }
    }

    /// <summary>Begins a batch, to which <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, StreamRoute, RecordSpread)"/> adds records.</summary>
    public void Begin(StreamRoute route)
    {
        keys.Clear();
        touched.Clear();
        batchBytes = 0;
        if (writers.Length < route.Open.Length)
        {
            Array.Resize(ref writers, route.Open.Length);
        }
    }

    private string? Add(ReadOnlySpan<byte> message, RecordFields fields, StreamRoute route, RecordSpread spread) =>
        RecordFieldReader.TryRead(message, fields, out var record)
            ? Add(record.PartitionKey, record.Data, record.ExplicitHashKey, route, spread)
            : "The request is malformed.";

    /// <summary>Adds one record; the spans are copied.</summary>
    /// <param name="partitionKey">UTF-8; empty for none.</param>
    /// <param name="data">The record's data.</param>
    /// <param name="hashKey">The explicit hash key in decimal digits; empty for none.</param>
    /// <param name="route">The stream's map, as at <see cref="Begin"/>.</param>
    /// <param name="spread">As in <see cref="TryEncode"/>.</param>
    /// <returns>Null, or what is wrong with the record in words.</returns>
    public string? Add(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> hashKey, StreamRoute route, RecordSpread spread)
    {
        var index = keys.Count;
        if (index == limits.MaxRecordsPerBatch)
        {
            return $"records has more than {limits.MaxRecordsPerBatch} members: it must have 1 to {limits.MaxRecordsPerBatch}.";
        }

        if (CheckPartitionKey(partitionKey, route.Stream.Mode) is { } keyFault)
        {
            return $"records[{index}].partition_key {keyFault}: it must be 1 to 256 characters of UTF-8, and may be left out in ON_DEMAND mode alone.";
        }

        var bytes = (long)partitionKey.Length + data.Length;
        if (bytes > route.Stream.MaxRecordBytes)
        {
            return $"records[{index}] has {bytes} bytes of data and partition key: the stream takes at most {route.Stream.MaxRecordBytes}.";
        }

        batchBytes += bytes;
        if (batchBytes > limits.MaxBytesPerBatch)
        {
            return $"records has more than {limits.MaxBytesPerBatch} bytes of data and partition keys, which is the most.";
        }

        HashKey? explicitHashKey = null;
        if (!hashKey.IsEmpty)
        {
            if (!TryParseHashKey(hashKey, out var parsed))
            {
                return "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was "
                    + Encoding.UTF8.GetString(hashKey[..Math.Min(64, hashKey.Length)]);
            }

            explicitHashKey = parsed;
        }

        HashKey key;
        if (route.Stream.RecordDistribution == RecordDistributionStrategy.Auto)
        {
            // Nobody asks where it belongs: that the producer named a place is not kept.
            explicitHashKey = null;
            key = spread.KeyOf(index);
        }
        else
        {
            key = explicitHashKey ?? (partitionKey.IsEmpty ? spread.KeyOf(index) : HashKey.OfPartitionKey(partitionKey));
        }

        var place = route.Find(key);
        var writer = writers[place] ??= new ChunkWriter();
        if (writer.IsEmpty)
        {
            touched.Add(place);
        }

        writer.Add(index, partitionKey, data, explicitHashKey);
        keys.Add(key);
        return null;
    }

    /// <summary>Ends the batch, whose encoder is then ready for the next.</summary>
    /// <param name="route">The stream's map, as at <see cref="Begin"/>.</param>
    /// <param name="fault">What was wrong with a record; null for nothing.</param>
    /// <param name="batch">The batch, where there is no fault.</param>
    /// <returns>Null, or the fault.</returns>
    public string? End(StreamRoute route, string? fault, out EncodedBatch? batch)
    {
        batch = null;
        fault ??= keys.Count == 0 ? $"records is empty: it must have 1 to {limits.MaxRecordsPerBatch} members." : null;
        if (fault is not null)
        {
            foreach (var place in touched)
            {
                writers[place]!.Reset();
            }

            return fault;
        }

        var shards = new List<(ShardDescription, EncodedRecords)>(touched.Count);
        var bytes = 0;
        foreach (var place in touched)
        {
            var records = writers[place]!.Finish();
            bytes += records.Bytes;
            shards.Add((route.Open[place], records));
        }

        batch = new EncodedBatch(route, [.. keys], shards, bytes);
        return null;
    }

    /// <returns>Null, or what is wrong. Characters are Unicode's code points.</returns>
    private static string? CheckPartitionKey(ReadOnlySpan<byte> key, StreamMode mode)
    {
        if (key.IsEmpty)
        {
            return mode == StreamMode.OnDemand ? null : "is empty";
        }

        if (key.Length > HashKey.MaxPartitionKeyBytes)
        {
            return $"has {key.Length} bytes";
        }

        if (!Utf8.IsValid(key))
        {
            return "is not UTF-8";
        }

        return key.Length <= 256 || Characters(key) <= 256 ? null : $"has {Characters(key)} characters";
    }

    private static int Characters(ReadOnlySpan<byte> utf8)
    {
        var characters = 0;
        foreach (var unit in utf8)
        {
            characters += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters;
    }

    private static bool TryParseHashKey(ReadOnlySpan<byte> text, out HashKey key)
    {
        Span<char> characters = stackalloc char[39];
        key = default;
        if (text.Length is 0 or > 39 || (text[0] == '0' && text.Length > 1) || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        Encoding.ASCII.GetChars(text, characters);
        if (!UInt128.TryParse(characters[..text.Length], System.Globalization.CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        key = new HashKey(value);
        return true;
    }
}
