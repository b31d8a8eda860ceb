using Broker.Contracts.Errors;
using Broker.Gateway.Appending;
using Broker.Gateway.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Gateway.Grpc.Records;

/// <summary>Tells a producer what became of a batch.</summary>
internal static class ProduceAcks
{
    public static V1.ProduceAck Make(ulong number, AppendBatch batch)
    {
        var ack = batch.Faults is [var fault, ..] ? Refuse(number, fault.Code, fault.Message) : new V1.ProduceAck { BatchNumber = number };
        foreach (var part in batch.Parts)
        {
            var told = new V1.ProduceAckPart
            {
                ShardId = part.Shard.ToString(),
                FirstSequenceNumber = part.SequenceNumber(0).ToString(),
                RecordCount = (uint)part.Indexes.Length,
            };
            if (part.Indexes.Length != batch.RecordCount)
            {
                told.RecordIndexes.Capacity = part.Indexes.Length;
                foreach (var index in part.Indexes)
                {
                    told.RecordIndexes.Add((uint)index);
                }
            }

            ack.Parts.Add(told);
        }

        return ack;
    }

    public static V1.ProduceAck Refuse(ulong number, BrokerErrorCode code, string message)
    {
        var entry = BrokerErrors.Find(code);
        return new V1.ProduceAck
        {
            BatchNumber = number,
            ErrorCode = entry.Reason,
            ErrorMessage = message,
            RetryAfter = entry.RetryAfter is { } delay ? Duration.FromTimeSpan(delay) : null,
        };
    }
}
