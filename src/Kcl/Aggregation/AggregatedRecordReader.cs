using Broker.Kcl.Aggregation.Wire;
using Google.Protobuf;

namespace Broker.Kcl.Aggregation;

/// <summary>Takes user records out of the records that carry them, as KCL does.</summary>
/// <remarks>Stateless; from any thread. Encryption and compression are the broker's matter: what is read here is the data as GetRecords gives it.</remarks>
public static class AggregatedRecordReader
{
    /// <summary>Reads a record: its user records in the order in which they were put, or the record itself where it is not aggregated.</summary>
    /// <param name="partitionKey">The record's partition key.</param>
    /// <param name="data">Its data.</param>
    /// <remarks>
    /// A record that only looks aggregated (the checksum or the message is wrong, a table lacks a key) is given as it is: nothing is lost.
    /// </remarks>
    public static IReadOnlyList<UserRecord> Read(string partitionKey, ReadOnlyMemory<byte> data) => Read(partitionKey, data, HashKeyRange.All);

    /// <summary>As <see cref="Read(string, ReadOnlyMemory{byte})"/>, for the shard that it was read from.</summary>
    /// <param name="partitionKey">The record's partition key.</param>
    /// <param name="data">Its data.</param>
    /// <param name="shard">
    /// The hash keys of the shard. An aggregated record with a user record outside of them gives nothing at all, as in KCL: it was under way
    /// while its shard was split, and its producer has put its user records again.
    /// </param>
    public static IReadOnlyList<UserRecord> Read(string partitionKey, ReadOnlyMemory<byte> data, HashKeyRange shard)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        if (!TryRead(data, out var records))
        {
            return [new UserRecord(partitionKey, null, data, 0, IsAggregated: false)];
        }

        return shard == HashKeyRange.All || Array.TrueForAll(records, record => shard.Contains(HashKeys.Of(record.PartitionKey, record.ExplicitHashKey)))
            ? records
            : [];
    }

    /// <summary>Whether data begins as an aggregated record does and is long enough to be one; what follows may be wrong all the same.</summary>
    public static bool LooksAggregated(ReadOnlySpan<byte> data) =>
        data.Length >= AggregationFormat.Magic.Length + AggregationFormat.DigestBytes && data.StartsWith(AggregationFormat.Magic);

    private static bool TryRead(ReadOnlyMemory<byte> data, out UserRecord[] records)
    {
        records = [];
        if (!LooksAggregated(data.Span))
        {
            return false;
        }

        var message = data[AggregationFormat.Magic.Length..^AggregationFormat.DigestBytes].Span;
        Span<byte> digest = stackalloc byte[AggregationFormat.DigestBytes];
        AggregationFormat.Digest(message, digest);
        if (!digest.SequenceEqual(data.Span[^AggregationFormat.DigestBytes..]))
        {
            return false;
        }

        try
        {
            return TryTake(AggregatedMessage.Parser.ParseFrom(message), out records);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static bool TryTake(AggregatedMessage message, out UserRecord[] records)
    {
        records = new UserRecord[message.Records.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var entry = message.Records[i];
            if (!entry.HasPartitionKeyIndex || !entry.HasData || entry.PartitionKeyIndex >= (ulong)message.PartitionKeyTable.Count)
            {
                return false;
            }

            string? explicitHashKey = null;
            if (entry.HasExplicitHashKeyIndex)
            {
                if (entry.ExplicitHashKeyIndex >= (ulong)message.ExplicitHashKeyTable.Count)
                {
                    return false;
                }

                explicitHashKey = message.ExplicitHashKeyTable[(int)entry.ExplicitHashKeyIndex];
                if (!HashKeys.TryParse(explicitHashKey, out _))
                {
                    return false;
                }
            }

            records[i] = new UserRecord(message.PartitionKeyTable[(int)entry.PartitionKeyIndex], explicitHashKey, entry.Data.Memory, i, IsAggregated: true);
        }

        return true;
    }
}
