using Broker.Contracts.Errors;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Wire;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    public async Task<V1.PutRecordResponse> PutRecord(RequestFrame request, ServerCallContext context)
    {
        var batch = await PutAsync(request, isSingle: true, context);
        if (batch.Faults is [var fault, ..])
        {
            throw new BrokerException(fault.Code, fault.Message);
        }

        var part = batch.Parts[0];
        return new V1.PutRecordResponse
        {
            ShardId = part.Shard.ToString(),
            SequenceNumber = part.SequenceNumber(0).ToString(),
            EncryptionType = StreamMessages.ToMessage(part.EncryptionType),
        };
    }
}
