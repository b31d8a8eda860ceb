using System.Buffers;
using System.Text;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Cli.Bench;

/// <summary>A GetRecords answer or a pushed event, which are alike, of which only the number and size of records is read, so that the generator costs next to nothing.</summary>
internal sealed class ReadCount
{
    private const uint RecordsTag = (1 << 3) | 2;
    private const uint NextIteratorTag = (2 << 3) | 2;
    private const uint MillisBehindTag = 3 << 3;

    private static readonly Marshaller<ReadCount> Answers = new(
        static (_, _) => throw new NotSupportedException("A client sends no responses."),
        static context => Parse(context.PayloadAsReadOnlySequence()));

    /// <summary>RecordService.GetRecords with answers of this type.</summary>
    public static Method<GetRecordsRequest, ReadCount> GetRecords { get; } = new(
        MethodType.Unary,
        RecordService.Descriptor.FullName,
        "GetRecords",
        Marshallers.Create(static request => request.ToByteArray(), GetRecordsRequest.Parser.ParseFrom),
        Answers);

    /// <summary>RecordService.SubscribeToShard with events of this type.</summary>
    public static Method<SubscribeToShardRequest, ReadCount> SubscribeToShard { get; } = new(
        MethodType.ServerStreaming,
        RecordService.Descriptor.FullName,
        "SubscribeToShard",
        Marshallers.Create(static request => request.ToByteArray(), SubscribeToShardRequest.Parser.ParseFrom),
        Answers);

    public int Records { get; private set; }

    /// <summary>Bytes of the records as they travel.</summary>
    public long Bytes { get; private set; }

    /// <summary>Where to go on by GetRecords; in an event, its continuation.</summary>
    public string NextIterator { get; private set; } = "";

    public long MillisBehindLatest { get; private set; }

    public static ReadCount Parse(ReadOnlySequence<byte> payload)
    {
        var read = new ReadCount();
        var reader = new SequenceReader<byte>(payload);
        while (!reader.End)
        {
            var tag = (uint)Varint(ref reader);
            if ((tag & 7) == 0)
            {
                var value = Varint(ref reader);
                read.MillisBehindLatest = tag == MillisBehindTag ? (long)value : read.MillisBehindLatest;
                continue;
            }

            var length = (long)Varint(ref reader);
            if (tag == RecordsTag)
            {
                read.Records++;
                read.Bytes += length;
            }
            else if (tag == NextIteratorTag)
            {
                read.NextIterator = Encoding.ASCII.GetString(payload.Slice(reader.Position, length));
            }

            reader.Advance(length);
        }

        return read;
    }

    private static ulong Varint(ref SequenceReader<byte> reader)
    {
        ulong value = 0;
        for (var shift = 0; reader.TryRead(out var next); shift += 7)
        {
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        return value;
    }
}
