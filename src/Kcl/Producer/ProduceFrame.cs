using System.Buffers;
using System.Text;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Kcl.Producer;

/// <summary>A ProduceRequest whose records are encoded already: sending it, as often as it takes, is one copy of their bytes.</summary>
/// <remarks>The layout is broker/v1/records.proto: ProduceRequest.batch is 2; in ProduceBatch batch_number is 1, records are 2, traceparent is 3.</remarks>
internal sealed class ProduceFrame
{
    private const byte BatchTag = (2 << 3) | 2;
    private const byte BatchNumberTag = 1 << 3;
    private const byte TraceParentTag = (3 << 3) | 2;
    private const int MaxHeadBytes = 1 + 10 + 1 + 10;
    private readonly ProduceRequest? opening;
    private readonly ulong batchNumber;
    private readonly ReadOnlyMemory<byte> records;
    private readonly string traceParent;

    private ProduceFrame(ProduceRequest? opening, ulong batchNumber, ReadOnlyMemory<byte> records, string traceParent = "")
    {
        this.traceParent = traceParent;
        this.opening = opening;
        this.batchNumber = batchNumber;
        this.records = records;
    }

    /// <summary>RecordService.Produce with requests of this type.</summary>
    public static Method<ProduceFrame, ProduceResponse> Method { get; } = new(
        MethodType.DuplexStreaming,
        RecordService.Descriptor.FullName,
        "Produce",
        new Marshaller<ProduceFrame>(Serialize, static _ => throw new NotSupportedException("A client reads no requests.")),
        new Marshaller<ProduceResponse>(
            static (_, _) => throw new NotSupportedException("A client sends no responses."),
            static context => ProduceResponse.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    private int BatchLength => 1 + Varint.LengthOf(batchNumber) + records.Length + TraceParentLength;

    private int TraceParentLength => traceParent.Length == 0 ? 0 : 1 + Varint.LengthOf((ulong)traceParent.Length) + traceParent.Length;

    private int Length => opening?.CalculateSize() ?? 1 + Varint.LengthOf((ulong)BatchLength) + BatchLength;

    public static ProduceFrame Open(ProduceOpen open) => new(new ProduceRequest { Open = open }, 0, default);

    /// <param name="batchNumber">Its number.</param>
    /// <param name="records">As <see cref="RecordEncoding"/> writes them; not to be changed while the batch is being sent.</param>
    /// <param name="traceParent">The trace that it belongs to, as W3C's traceparent, which is ASCII; empty for none.</param>
    public static ProduceFrame Batch(ulong batchNumber, ReadOnlyMemory<byte> records, string traceParent = "") => new(null, batchNumber, records, traceParent);

    public void WriteTo(IBufferWriter<byte> writer)
    {
        if (opening is not null)
        {
            opening.WriteTo(writer);
            return;
        }

        var head = writer.GetSpan(MaxHeadBytes);
        head[0] = BatchTag;
        var at = 1 + Varint.Write(head[1..], (ulong)BatchLength);
        head[at++] = BatchNumberTag;
        at += Varint.Write(head[at..], batchNumber);
        writer.Advance(at);
        writer.Write(records.Span);
        if (traceParent.Length > 0)
        {
            var tail = writer.GetSpan(TraceParentLength);
            tail[0] = TraceParentTag;
            at = 1 + Varint.Write(tail[1..], (ulong)traceParent.Length);
            Encoding.ASCII.GetBytes(traceParent, tail[at..]);
            writer.Advance(TraceParentLength);
        }
    }

    private static void Serialize(ProduceFrame frame, SerializationContext context)
    {
        context.SetPayloadLength(frame.Length);
        frame.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
