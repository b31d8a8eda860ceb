using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Reading;

namespace Broker.Gateway.Aws.Records;

/// <summary>Writes a page as GetRecords' answer or as an event of SubscribeToShard, straight from its blocks.</summary>
internal static class AwsPageWriter
{
    private static ReadOnlySpan<byte> NextShardIterator => "NextShardIterator"u8;

    private static ReadOnlySpan<byte> ContinuationSequenceNumber => "ContinuationSequenceNumber"u8;

    /// <summary>What the page may take; the output grows beyond it.</summary>
    public static int Expect(RecordPage page) => (int)Math.Min(1024 + (page.RecordCount * 256L) + (page.StoredBytes * 4 / 3), int.MaxValue / 2);

    public static void WriteAnswer(AwsProtocol protocol, PooledBuffer output, RecordPage page) =>
        Write(protocol.CreateWriter(output), page, NextShardIterator, page.Next);

    /// <summary>Writes an event. At the end of a shard there is nothing to continue with, which is how clients tell it.</summary>
    /// <param name="protocol">How.</param>
    /// <param name="output">Where to.</param>
    /// <param name="page">The page.</param>
    public static void WriteEvent(AwsProtocol protocol, PooledBuffer output, RecordPage page)
    {
        var next = page.Children.Count > 0 ? "" : page.Next;
        Write(protocol.CreateWriter(output), page, ContinuationSequenceNumber, next);
    }

    private static void Write(ShapeWriter writer, RecordPage page, ReadOnlySpan<byte> nextKey, string next)
    {
        writer.BeginMap();
        writer.WriteKey("Records"u8);
        writer.BeginList();
        Span<char> digits = stackalloc char[SequenceNumber.Digits + 2];
        foreach (var run in page.Runs)
        {
            var head = run.Block.Head;
            var reader = new BlockRecordReader(run.Block.Payload.Span);
            for (var i = 0; i < run.First + run.Count && reader.TryRead(out var record); i++)
            {
                if (i < run.First)
                {
                    continue;
                }

                writer.BeginMap();
                var number = new SequenceNumber(
                    page.Shard.CreatedSecond, page.Shard.Id.Index, head.FirstPosition + i, head.ArrivalUnixMilliseconds / 1000);
                writer.WriteKey("SequenceNumber"u8);
                writer.WriteAscii(digits[..number.Format(digits)]);
                writer.WriteKey("ApproximateArrivalTimestamp"u8);
                writer.WriteTimestamp(head.ArrivalUnixMilliseconds);
                writer.WriteKey("Data"u8);
                writer.WriteBlob(record.Data);
                if (!record.PartitionKey.IsEmpty)
                {
                    writer.WriteKey("PartitionKey"u8);
                    writer.WriteString(record.PartitionKey);
                }

                if (head.EncryptionType == EncryptionType.Kms)
                {
                    writer.WriteKey("EncryptionType"u8);
                    writer.WriteString("KMS"u8);
                }

                writer.EndMap();
            }
        }

        writer.EndList();
        if (next.Length > 0)
        {
            writer.WriteKey(nextKey);
            writer.WriteString(next);
        }

        writer.WriteKey("MillisBehindLatest"u8);
        writer.WriteInteger(page.MillisBehindLatest);
        if (page.Children.Count > 0)
        {
            writer.WriteKey("ChildShards"u8);
            WriteChildren(writer, page.Children);
        }

        writer.EndMap();
    }

    private static void WriteChildren(ShapeWriter writer, IReadOnlyList<ShardDescription> children)
    {
        writer.BeginList();
        foreach (var child in children)
        {
            writer.BeginMap();
            writer.WriteKey("ShardId"u8);
            writer.WriteString(child.Id.ToString());
            writer.WriteKey("ParentShards"u8);
            writer.BeginList();
            foreach (var parent in child.Parents)
            {
                writer.WriteString(parent.ToString());
            }

            writer.EndList();
            writer.WriteKey("HashKeyRange"u8);
            writer.BeginMap();
            writer.WriteKey("StartingHashKey"u8);
            writer.WriteString(child.Range.Start.ToString());
            writer.WriteKey("EndingHashKey"u8);
            writer.WriteString(child.Range.End.ToString());
            writer.EndMap();
            writer.EndMap();
        }

        writer.EndList();
    }
}
