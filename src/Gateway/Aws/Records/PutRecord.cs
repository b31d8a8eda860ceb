using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, PutRecord. SequenceNumberForOrdering is checked for form: a shard's numbers rise in any case.</summary>
internal sealed class PutRecord(
    AwsResources resources, StreamRoutes routes, RecordPuts puts, RecordAppender appender, Throttling throttling) : AwsOperation
{
    private static readonly Shape InputShape = Shape.Of(typeof(Input));

    public override async Task InvokeAsync(AwsCall call)
    {
        var (input, record) = call.Protocol.Read(call.Body, new Visitor());
        Check(input, record);
        var name = await resources.DemandStreamAsync(input, call);
        await DryRuns.EndIfAsync(input.DryRun, routes, name, call.Cancellation);
        var batch = await puts.PutAsync(
            PutOperation.PutRecord,
            name,
            new RawRecords([record]),
            appender.DeadlineAfter(TimeSpan.MaxValue),
            call.RetryIdentity?.Identity,
            call.RetryIdentity is { IsRepeat: true },
            call.Cancellation);
        if (batch.Faults is [var fault, ..])
        {
            throw new BrokerException(fault.Code, throttling.Word(fault.Code, fault.Message, name));
        }

        var part = batch.Parts[0];
        using var body = new PooledBuffer();
        Write(call.Protocol.CreateWriter(body), part);
        await AnswerAsync(call, body);
    }

    private static void Check(Input input, RawRecord record)
    {
        if (record.IsSound)
        {
            ShapeValidator.Check(InputShape, input, [nameof(Input.PartitionKey), nameof(Input.ExplicitHashKey), nameof(Input.Data)]);
            return;
        }

        var entry = record.ToEntry();
        (input.PartitionKey, input.ExplicitHashKey, input.Data) = (entry.PartitionKey, entry.ExplicitHashKey, entry.Data);
        ShapeValidator.Check(InputShape, input);
    }

    private static void Write(ShapeWriter writer, AppendPart part)
    {
        Span<char> digits = stackalloc char[64];
        writer.BeginMap();
        writer.WriteKey("ShardId"u8);
        writer.WriteAscii(digits[..part.Shard.Format(digits)]);
        writer.WriteKey("SequenceNumber"u8);
        writer.WriteAscii(digits[..part.SequenceNumber(0).Format(digits)]);
        if (part.EncryptionType == EncryptionType.Kms)
        {
            writer.WriteKey("EncryptionType"u8);
            writer.WriteString("KMS"u8);
        }

        writer.EndMap();
    }

    internal sealed class Input : StreamInput
    {
        [Pattern(Patterns.SequenceNumber)]
        public string? SequenceNumberForOrdering { get; set; }

        [Bounds(1, 256)]
        public string? PartitionKey { get; set; }

        [Pattern(Patterns.HashKey)]
        public string? ExplicitHashKey { get; set; }

        [Required, Bounds(0, RawRecord.MaxDataBytes)]
        public Blob? Data { get; set; }

        public bool? DryRun { get; set; }
    }

    private sealed class Visitor : IBodyVisitor<(Input Input, RawRecord Record)>
    {
        public (Input Input, RawRecord Record) Visit<TReader>(ref TReader reader)
            where TReader : struct, IShapeReader, allows ref struct
        {
            if (reader.Token != ShapeToken.Map)
            {
                throw AwsException.Serialization(null);
            }

            var input = new Input();
            var record = default(RawRecord);
            reader.BeginMap();
            while (reader.TryReadKey())
            {
                if (RawRecordReader.TryReadMember(ref reader, ref record))
                {
                    continue;
                }

                if (ShapeDecoder.FindMember(InputShape, reader.Key) is { } member)
                {
                    member.Set(input, ShapeDecoder.Decode(ref reader, member.Shape));
                }
                else
                {
                    reader.Skip();
                }
            }

            return (input, record);
        }
    }
}
