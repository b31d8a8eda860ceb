using Broker.Gateway.Reading;
using Broker.Gateway.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Gateway.Groups;

/// <summary>A message of a Consume call to its worker: a generated one, or records of a lease, still in blocks.</summary>
/// <param name="Message">The generated one; null for records.</param>
/// <param name="Page">The records.</param>
/// <param name="LeaseId">Whose records.</param>
/// <param name="CreditBytes">What they take of the worker's credit.</param>
/// <remarks>applications.proto must match: ConsumeResponse.records 3; ConsumeRecords: 1 to 3 as <see cref="RecordPageWriter"/> writes them, lease_id 5, credit_bytes 6.</remarks>
public sealed record ConsumeFrame(V1.ConsumeResponse? Message, RecordPage? Page = null, ulong LeaseId = 0, long CreditBytes = 0)
{
    private const int RecordsField = 3;
    private const int LeaseIdField = 5;
    private const int CreditBytesField = 6;

    internal static Marshaller<ConsumeFrame> Marshaller { get; } = Marshallers.Create<ConsumeFrame>(
        static (frame, context) => frame.Write(context),
        static _ => throw new NotSupportedException("The gateway writes responses and reads none."));

    private void Write(SerializationContext context)
    {
        if (Message is { } message)
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
            return;
        }

        var page = Page!;
        var records = RecordPageWriter.Measure(page)
            + ProtoWriter.VarintFieldLength(LeaseId) + ProtoWriter.VarintFieldLength((ulong)CreditBytes);
        var length = ProtoWriter.BytesFieldLength(records);
        context.SetPayloadLength(length);
        var output = context.GetBufferWriter();
        var span = output.GetSpan(length);
        var head = new ProtoWriter(span);
        head.BytesHeader(RecordsField, records);
        var written = head.Written;
        written += RecordPageWriter.Write(page, span[written..]);
        var tail = new ProtoWriter(span[written..]);
        tail.VarintField(LeaseIdField, LeaseId);
        tail.VarintField(CreditBytesField, (ulong)CreditBytes);
        output.Advance(written + tail.Written);
        context.Complete();
    }
}
