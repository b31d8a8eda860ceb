using System.Buffers;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Kcl.Producer;

/// <summary>A ProduceRequest whose records are encoded already: sending it is one copy of their bytes.</summary>
/// <remarks>The layout is broker/v1/records.proto: ProduceRequest.batch is 2; in ProduceBatch batch_number is 1 and records are 2.</remarks>
internal sealed class ProduceFrame(ProduceOpen? open, Batch? batch)
{
    private const byte BatchTag = (2 << 3) | 2;
    private const byte BatchNumberTag = 1 << 3;
    private const int MaxHeadBytes = 1 + 10 + 1 + 10;

    /// <summary>RecordService.Produce with requests of this type.</summary>
    public static Method<ProduceFrame, ProduceResponse> Method { get; } = new(
        MethodType.DuplexStreaming,
        RecordService.Descriptor.FullName,
        "Produce",
        new Marshaller<ProduceFrame>(static (frame, context) => frame.WriteTo(context), static _ => throw new NotSupportedException("A client reads no requests.")),
        new Marshaller<ProduceResponse>(
            static (_, _) => throw new NotSupportedException("A client sends no responses."),
            static context => ProduceResponse.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    private void WriteTo(SerializationContext context)
    {
        if (open is not null)
        {
            var request = new ProduceRequest { Open = open };
            context.SetPayloadLength(request.CalculateSize());
            request.WriteTo(context.GetBufferWriter());
            context.Complete();
            return;
        }

        var batchLength = 1 + Varint.LengthOf(batch!.Number) + batch.Bytes;
        context.SetPayloadLength(1 + Varint.LengthOf((ulong)batchLength) + batchLength);
        var writer = context.GetBufferWriter();
        var head = writer.GetSpan(MaxHeadBytes);
        head[0] = BatchTag;
        var at = 1 + Varint.Write(head[1..], (ulong)batchLength);
        head[at++] = BatchNumberTag;
        at += Varint.Write(head[at..], batch.Number);
        writer.Advance(at);
        writer.Write(batch.Records.Span);
        context.Complete();
    }
}
