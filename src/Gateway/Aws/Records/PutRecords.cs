using System.Runtime.InteropServices;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, PutRecords: from the body's bytes to blocks, and back, without objects for records.</summary>
internal sealed class PutRecords(
    AwsResources resources, StreamRoutes routes, RecordPuts puts, RecordAppender appender, Throttling throttling, IOptions<BrokerLimits> limits) : AwsOperation
{
    private static readonly Shape InputShape = Shape.Of(typeof(Input));

    public override async Task InvokeAsync(AwsCall call)
    {
        var most = limits.Value.MaxRecordsPerBatch;
        var (input, records) = call.Protocol.Read(call.Body, new Visitor(most));
        Check(input, records, most);
        var name = await resources.DemandStreamAsync(input, call);
        await DryRuns.EndIfAsync(input.DryRun, routes, name, call.Cancellation);
        var batch = await puts.PutAsync(
            PutOperation.PutRecords,
            name,
            new RawRecords(records!),
            appender.DeadlineAfter(TimeSpan.MaxValue),
            call.RetryIdentity?.Identity,
            call.RetryIdentity is { IsRepeat: true },
            call.Cancellation);
        if (batch.Parts.Count == 0 && batch.Faults.Find(static fault => fault.Code == BrokerErrorCode.ResourceNotFound || KmsErrors.Contains(fault.Code)) is { } whole)
        {
            throw new BrokerException(whole.Code, whole.Message);
        }

        if (call.RetryIdentity is not null && batch.Faults.Exists(static fault => fault.IsUncertain))
        {
            // Told record by record, the client would send them anew; told as a whole, its SDK repeats the call, and that is known again.
            throw new BrokerException(BrokerErrorCode.Unavailable, "What became of some of the records cannot be told now; repeat the call.");
        }

        using var body = new PooledBuffer(64 + (batch.RecordCount * 128));
        Write(call.Protocol.CreateWriter(body), batch, name);
        await AnswerAsync(call, body);
    }

    private static void Check(Input input, List<RawRecord>? records, int most)
    {
        var isSound = records is { Count: > 0 } && records.Count <= most;
        foreach (ref readonly var record in CollectionsMarshal.AsSpan(records))
        {
            isSound &= record.IsSound;
        }

        if (!isSound)
        {
            input.Records = records?.ConvertAll(static record => record.ToEntry());
        }

        ShapeValidator.Check(InputShape, input, isSound ? [nameof(Input.Records)] : []);
        if (records!.Count > most)
        {
            throw AwsException.Validation($"Records has more than {most} members, which is the most (Broker:Limits:{nameof(BrokerLimits.MaxRecordsPerBatch)}).");
        }
    }

    private void Write(ShapeWriter writer, AppendBatch batch, string stream)
    {
        var results = new (AppendPart? Part, AppendFault? Fault, int Index)[batch.RecordCount];
        var failed = 0;
        foreach (var part in batch.Parts)
        {
            for (var i = 0; i < part.Indexes.Length; i++)
            {
                results[part.Indexes[i]] = (part, null, i);
            }
        }

        foreach (var fault in batch.Faults)
        {
            failed += fault.Indexes.Length;
            foreach (var index in fault.Indexes)
            {
                results[index] = (null, fault, 0);
            }
        }

        writer.BeginMap();
        writer.WriteKey("FailedRecordCount"u8);
        writer.WriteInteger(failed);
        writer.WriteKey("Records"u8);
        writer.BeginList();
        Span<char> digits = stackalloc char[64];
        foreach (ref readonly var result in results.AsSpan())
        {
            writer.BeginMap();
            if (result.Part is { } part)
            {
                writer.WriteKey("SequenceNumber"u8);
                writer.WriteAscii(digits[..part.SequenceNumber(result.Index).Format(digits)]);
                writer.WriteKey("ShardId"u8);
                writer.WriteAscii(digits[..part.Shard.Format(digits)]);
            }
            else
            {
                writer.WriteKey("ErrorCode"u8);
                writer.WriteString(AwsErrors.ToRecordCode(result.Fault!.Code));
                writer.WriteKey("ErrorMessage"u8);
                writer.WriteString(AwsErrors.ToRecordMessage(result.Fault.Code, throttling.Word(result.Fault.Code, result.Fault.Message, stream)));
            }

            writer.EndMap();
        }

        writer.EndList();
        if (batch.EncryptionType == EncryptionType.Kms)
        {
            writer.WriteKey("EncryptionType"u8);
            writer.WriteString("KMS"u8);
        }

        writer.EndMap();
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(1, 500)]
        public List<PutEntry>? Records { get; set; }

        public bool? DryRun { get; set; }
    }

    private sealed class Visitor(int most) : IBodyVisitor<(Input Input, List<RawRecord>? Records)>
    {
        public (Input Input, List<RawRecord>? Records) Visit<TReader>(ref TReader reader)
            where TReader : struct, IShapeReader, allows ref struct
        {
            if (reader.Token != ShapeToken.Map)
            {
                throw AwsException.Serialization(null);
            }

            var input = new Input();
            List<RawRecord>? records = null;
            reader.BeginMap();
            while (reader.TryReadKey())
            {
                if (reader.Key.SequenceEqual("Records"u8))
                {
                    records = RawRecordReader.ReadList(ref reader, most);
                }
                else if (ShapeDecoder.FindMember(InputShape, reader.Key) is { } member)
                {
                    member.Set(input, ShapeDecoder.Decode(ref reader, member.Shape));
                }
                else
                {
                    reader.Skip();
                }
            }

            return (input, records);
        }
    }
}
