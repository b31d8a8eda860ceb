using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Gateway.Reading;

/// <summary>Writes a page as a GetRecordsResponse or a SubscribeToShardResponse straight from its blocks: the two have the same fields.</summary>
/// <remarks>records.proto must match: records 1, next 2, millis_behind_latest 3, child_shards 4; Record: 1 number, 2 time, 3 key, 4 data, 5 encryption.</remarks>
internal static class RecordPageWriter
{
    public static Marshaller<RecordPage> Marshaller { get; } = Marshallers.Create<RecordPage>(
        static (page, context) => Write(page, context),
        static _ => throw new NotSupportedException("The gateway writes pages and reads none."));

    /// <summary>The page as a message of its own.</summary>
    public static byte[] ToBytes(RecordPage page)
    {
        var bytes = new byte[Measure(page)];
        Write(page, page.Measured!.Value.Children, bytes);
        return bytes;
    }

    /// <summary>Bytes of the page's message. Measured once.</summary>
    public static int Measure(RecordPage page)
    {
        if (page.Measured is null)
        {
            var children = Children(page);
            page.Measured = (Measure(page, children), children);
        }

        return page.Measured.Value.Bytes;
    }

    /// <summary>Writes the page's message into a span of at least <see cref="Measure(RecordPage)"/> bytes.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(RecordPage page, Span<byte> destination)
    {
        var length = Measure(page);
        return Write(page, page.Measured!.Value.Children, destination[..length]);
    }

    private static void Write(RecordPage page, SerializationContext context)
    {
        var length = Measure(page);
        context.SetPayloadLength(length);
        var output = context.GetBufferWriter();
        var written = Write(page, page.Measured!.Value.Children, output.GetSpan(length));
        output.Advance(written);
        context.Complete();
    }

    private static byte[][] Children(RecordPage page)
    {
        var children = new byte[page.Children.Count][];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = ToMessage(page.Children[i]).ToByteArray();
        }

        return children;
    }

    public static V1.ChildShard ToMessage(ShardDescription shard)
    {
        var child = new V1.ChildShard
        {
            ShardId = shard.Id.ToString(),
            HashKeyRange = new V1.HashKeyRange
            {
                StartingHashKey = shard.Range.Start.ToString(),
                EndingHashKey = shard.Range.End.ToString(),
            },
        };
        foreach (var parent in shard.Parents)
        {
            child.ParentShards.Add(parent.ToString());
        }

        return child;
    }

    private static int Measure(RecordPage page, byte[][] children)
    {
        var length = ProtoWriter.OptionalBytesFieldLength(page.Next.Length) + ProtoWriter.VarintFieldLength((ulong)page.MillisBehindLatest);
        foreach (var child in children)
        {
            length += ProtoWriter.BytesFieldLength(child.Length);
        }

        foreach (var run in page.Runs)
        {
            var fixedLength = FixedLength(run.Block.Head);
            var reader = new BlockRecordReader(run.Block.Payload.Span);
            for (var i = 0; i < run.First + run.Count && reader.TryRead(out var record); i++)
            {
                if (i >= run.First)
                {
                    length += ProtoWriter.BytesFieldLength(fixedLength + RecordLength(record));
                }
            }
        }

        return length;
    }

    private static int FixedLength(in BlockHead head) => ProtoWriter.BytesFieldLength(SequenceNumber.Digits)
        + ProtoWriter.BytesFieldLength(TimeLength(head)) + ProtoWriter.VarintFieldLength(Encryption(head));

    /// <summary>Left out where there is none: most records would carry two bytes that say nothing.</summary>
    private static ulong Encryption(in BlockHead head) =>
        head.EncryptionType == EncryptionType.Kms ? (ulong)V1.EncryptionType.Kms : 0;

    private static int RecordLength(in BlockRecord record) =>
        ProtoWriter.OptionalBytesFieldLength(record.PartitionKey.Length) + ProtoWriter.OptionalBytesFieldLength(record.Data.Length);

    private static (ulong Seconds, ulong Nanos) Time(BlockHead head) =>
        ((ulong)(head.ArrivalUnixMilliseconds / 1000), (ulong)(head.ArrivalUnixMilliseconds % 1000 * 1_000_000));

    private static int TimeLength(BlockHead head)
    {
        var (seconds, nanos) = Time(head);
        return ProtoWriter.VarintFieldLength(seconds) + ProtoWriter.VarintFieldLength(nanos);
    }

    private static int Write(RecordPage page, byte[][] children, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        Span<char> digits = stackalloc char[SequenceNumber.Digits + 2];
        foreach (var run in page.Runs)
        {
            var head = run.Block.Head;
            var (seconds, nanos) = Time(head);
            var timeLength = TimeLength(head);
            var fixedLength = FixedLength(head);
            var reader = new BlockRecordReader(run.Block.Payload.Span);
            for (var i = 0; i < run.First + run.Count && reader.TryRead(out var record); i++)
            {
                if (i < run.First)
                {
                    continue;
                }

                writer.BytesHeader(1, fixedLength + RecordLength(record));
                var number = new SequenceNumber(
                    page.Shard.CreatedSecond, page.Shard.Id.Index, head.FirstPosition + i, head.ArrivalUnixMilliseconds / 1000);
                writer.OptionalAsciiField(1, digits[..number.Format(digits)]);
                writer.BytesHeader(2, timeLength);
                writer.VarintField(1, seconds);
                writer.VarintField(2, nanos);
                writer.OptionalBytesField(3, record.PartitionKey);
                writer.OptionalBytesField(4, record.Data);
                writer.VarintField(5, Encryption(head));
            }
        }

        writer.OptionalAsciiField(2, page.Next);
        writer.VarintField(3, (ulong)page.MillisBehindLatest);
        foreach (var child in children)
        {
            writer.OptionalBytesField(4, child);
        }

        return writer.Written;
    }
}
