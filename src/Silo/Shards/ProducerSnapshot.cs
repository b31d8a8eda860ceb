using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Shards;

/// <summary>A producer table as bytes: the payload of snapshot and seal blocks. docs/layouts/producers.md must match.</summary>
internal static class ProducerSnapshot
{
    /// <summary>The layout version that is written.</summary>
    public const byte Version = 1;

    private const int HeadLength = 12;
    private const int AncestorLength = 44;
    private const int ProducerLength = 40;
    private const int BatchLength = 32;

    public static byte[] Encode(ProducerTable table)
    {
        var length = HeadLength + (table.Ancestors.Count * AncestorLength);
        foreach (var window in table.Producers.Values)
        {
            length += ProducerLength + (window.Count * BatchLength);
        }

        foreach (var (_, batches) in table.Requests.All())
        {
            length += ProducerLength + (batches.Length * BatchLength);
        }

        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        rest[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], table.Ancestors.Count);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], table.Producers.Count + table.Requests.Count);
        rest = rest[HeadLength..];
        foreach (var ancestor in table.Ancestors.Values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, ancestor.Id.Index);
            BinaryPrimitives.WriteInt64LittleEndian(rest[4..], ancestor.CreatedSecond);
            BinaryPrimitives.WriteUInt128LittleEndian(rest[12..], ancestor.Range.Start.Value);
            BinaryPrimitives.WriteUInt128LittleEndian(rest[28..], ancestor.Range.End.Value);
            rest = rest[AncestorLength..];
        }

        foreach (var (producer, window) in table.Producers)
        {
            rest = WriteProducer(rest, producer, window.Epoch, window.Count, window.Highest, window.LastSeenUnixMilliseconds);
            foreach (var (number, batch) in window.All())
            {
                rest = WriteBatch(rest, number, batch);
            }
        }

        foreach (var (identity, batches) in table.Requests.All())
        {
            rest = WriteProducer(
                rest, identity.Producer, identity.ProducerEpoch, batches.Length, identity.BatchNumber, batches[^1].ArrivalUnixMilliseconds);
            foreach (var batch in batches)
            {
                rest = WriteBatch(rest, identity.BatchNumber, batch);
            }
        }

        return bytes;
    }

    /// <summary>Adds what a snapshot holds to a table.</summary>
    /// <exception cref="InvalidDataException">A newer version, or lengths that do not fit.</exception>
    public static void DecodeInto(ProducerTable table, ReadOnlySpan<byte> source)
    {
        if (source.Length < HeadLength)
        {
            throw new InvalidDataException($"A producer snapshot needs {HeadLength} bytes, {source.Length} are there.");
        }

        if (source[0] > Version)
        {
            throw new InvalidDataException($"A producer snapshot of version {source[0]} was written by a newer release; this one reads up to {Version}.");
        }

        var ancestorCount = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        var producerCount = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        source = source[HeadLength..];
        for (var i = 0; i < ancestorCount; i++)
        {
            var entry = Take(ref source, AncestorLength);
            table.Inherit(new Ancestor(
                new ShardId(BinaryPrimitives.ReadInt32LittleEndian(entry)),
                new HashKeyRange(
                    new HashKey(BinaryPrimitives.ReadUInt128LittleEndian(entry[12..])),
                    new HashKey(BinaryPrimitives.ReadUInt128LittleEndian(entry[28..]))),
                BinaryPrimitives.ReadInt64LittleEndian(entry[4..])));
        }

        for (var i = 0; i < producerCount; i++)
        {
            var entry = Take(ref source, ProducerLength);
            var producer = new Guid(entry[..16], bigEndian: true);
            var epoch = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            var batchCount = BinaryPrimitives.ReadInt32LittleEndian(entry[20..]);
            table.RestoreProducer(
                producer, epoch, BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]), BinaryPrimitives.ReadInt64LittleEndian(entry[32..]));
            for (var j = 0; j < batchCount; j++)
            {
                var batch = Take(ref source, BatchLength);
                table.Add(
                    new BatchIdentity(producer, epoch, BinaryPrimitives.ReadUInt64LittleEndian(batch)),
                    new TakenBatch(
                        BinaryPrimitives.ReadInt32LittleEndian(batch[8..]),
                        BinaryPrimitives.ReadInt64LittleEndian(batch[16..]),
                        BinaryPrimitives.ReadInt32LittleEndian(batch[12..]),
                        BinaryPrimitives.ReadInt64LittleEndian(batch[24..])));
            }
        }
    }

    private static Span<byte> WriteProducer(Span<byte> rest, Guid producer, uint epoch, int batches, ulong highest, long lastSeen)
    {
        producer.TryWriteBytes(rest, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], epoch);
        BinaryPrimitives.WriteInt32LittleEndian(rest[20..], batches);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[24..], highest);
        BinaryPrimitives.WriteInt64LittleEndian(rest[32..], lastSeen);
        return rest[ProducerLength..];
    }

    private static Span<byte> WriteBatch(Span<byte> rest, ulong number, TakenBatch batch)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(rest, number);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], batch.TakenBy);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], batch.RecordCount);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], batch.FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], batch.ArrivalUnixMilliseconds);
        return rest[BatchLength..];
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, int length)
    {
        if (source.Length < length)
        {
            throw new InvalidDataException($"A producer snapshot ends {length - source.Length} bytes short of an entry.");
        }

        var taken = source[..length];
        source = source[length..];
        return taken;
    }
}
