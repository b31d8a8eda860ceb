using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Appending;

/// <summary>Re-encodes portions where shards split, merge, or had taken some records before. Rare: it may copy.</summary>
internal static class PortionEditor
{
    /// <summary>The records that are not in <paramref name="removed"/> (batch indexes, rising).</summary>
    public static EncodedRecords Without(EncodedRecords records, List<int> removed)
    {
        using var writer = new ChunkWriter();
        Walk(records, (int index, in BlockRecord record) =>
        {
            if (removed.BinarySearch(index) < 0)
            {
                writer.Add(index, record.PartitionKey, record.Data, record.ExplicitHashKey);
            }
        });
        return writer.Finish();
    }

    /// <summary>Splits a portion over the shards that take its records now. Sent before, it keeps its identity; else each part gets its own.</summary>
    public static List<(ShardDescription Shard, AppendPortion Portion)> Split(AppendPortion portion, StreamRoute route)
    {
        var writers = new SortedDictionary<int, ChunkWriter>();
        Walk(portion.Records, (int index, in BlockRecord record) =>
        {
            var place = route.Find(portion.Group.KeyOf(index));
            if (!writers.TryGetValue(place, out var writer))
            {
                writers.Add(place, writer = new ChunkWriter());
            }

            writer.Add(index, record.PartitionKey, record.Data, record.ExplicitHashKey);
        });

        var parts = new List<(ShardDescription, AppendPortion)>(writers.Count);
        foreach (var (place, writer) in writers)
        {
            var records = writer.Finish();
            var group = portion.Group.Identity is null ? new AppendGroup(portion.Group.Keys, records.Indexes) : portion.Group;
            var part = new AppendPortion(portion.Batch, group, records) { IsUncertain = portion.IsUncertain };
            part.Handled.AddRange(portion.Handled);
            parts.Add((route.Open[place], part));
        }

        return parts;
    }

    /// <summary>Joins two portions of one identity that came to one shard by a merge: a shard takes an identity once.</summary>
    public static AppendPortion Join(AppendPortion first, AppendPortion second)
    {
        var records = new SortedDictionary<int, (byte[] Key, byte[] Data, HashKey? Explicit)>();
        Gather(first.Records, records);
        Gather(second.Records, records);
        using var writer = new ChunkWriter();
        foreach (var (index, record) in records)
        {
            writer.Add(index, record.Key, record.Data, record.Explicit);
        }

        var joined = new AppendPortion(first.Batch, first.Group, writer.Finish())
        {
            IsUncertain = first.IsUncertain || second.IsUncertain,
        };
        // Only what both know: of what one alone was told, the other may still hold records.
        joined.Handled.AddRange(first.Handled.Where(second.Handled.Contains));
        return joined;
    }

    private static void Gather(EncodedRecords source, SortedDictionary<int, (byte[] Key, byte[] Data, HashKey? Explicit)> records) =>
        Walk(source, (int index, in BlockRecord record) =>
            records.Add(index, (record.PartitionKey.ToArray(), record.Data.ToArray(), record.ExplicitHashKey)));

    private static void Walk(EncodedRecords records, RecordAction action)
    {
        var next = 0;
        foreach (var chunk in records.Chunks)
        {
            var reader = new BlockRecordReader(chunk.Payload);
            while (reader.TryRead(out var record))
            {
                action(records.Indexes[next++], in record);
            }
        }
    }

    private delegate void RecordAction(int index, in BlockRecord record);
}
