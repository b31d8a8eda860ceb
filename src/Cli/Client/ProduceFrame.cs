using System.Buffers;
using Broker.Kcl;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Cli.Client;

/// <summary>A ProduceRequest whose records are serialized already, so that sending (again) a batch is a copy of its bytes.</summary>
/// <remarks>The layout is broker/v1/records.proto: ProduceRequest.batch is 2; in ProduceBatch batch_number is 1 and records are 2.</remarks>
internal sealed class ProduceFrame
{
    private const byte BatchTag = (2 << 3) | 2;
    private const byte BatchNumberTag = 1 << 3;
    private const int MaxHeadBytes = 1 + 10 + 1 + 10;

    private ProduceFrame(ProduceOpen? open, ulong batchNumber, ReadOnlyMemory<byte> records)
    {
        OpenMessage = open;
        BatchNumber = batchNumber;
        Records = records;
    }

    /// <summary>RecordService.Produce with requests of this type.</summary>
    public static Method<ProduceFrame, ProduceResponse> Method { get; } = new(
        MethodType.DuplexStreaming,
        RecordService.Descriptor.FullName,
        "Produce",
        new Marshaller<ProduceFrame>(Serialize, _ => throw new NotSupportedException("A client reads no requests.")),
        new Marshaller<ProduceResponse>(
            static (_, _) => throw new NotSupportedException("A client sends no responses."),
            static context => ProduceResponse.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    public ProduceOpen? OpenMessage { get; }

    public ulong BatchNumber { get; }

    public ReadOnlyMemory<byte> Records { get; }

    public static ProduceFrame Open(ProduceOpen open) => new(open, 0, default);

    /// <param name="batchNumber">Its number.</param>
    /// <param name="records">As <see cref="BatchBuilder"/> made them; not to be changed while the batch may be sent.</param>
    public static ProduceFrame Batch(ulong batchNumber, ReadOnlyMemory<byte> records) => new(null, batchNumber, records);

    public void WriteTo(IBufferWriter<byte> writer)
    {
        if (OpenMessage is not null)
        {
            new ProduceRequest { Open = OpenMessage }.WriteTo(writer);
            return;
        }

        var head = writer.GetSpan(MaxHeadBytes);
        head[0] = BatchTag;
        var at = 1 + Varint.Write(head[1..], (ulong)BatchLength);
        head[at++] = BatchNumberTag;
        at += Varint.Write(head[at..], BatchNumber);
        writer.Advance(at);
        writer.Write(Records.Span);
    }

    private int BatchLength => 1 + Varint.LengthOf(BatchNumber) + Records.Length;

    private int Length => OpenMessage is not null
        ? new ProduceRequest { Open = OpenMessage }.CalculateSize()
        : 1 + Varint.LengthOf((ulong)BatchLength) + BatchLength;

    private static void Serialize(ProduceFrame frame, SerializationContext context)
    {
        context.SetPayloadLength(frame.Length);
        frame.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
