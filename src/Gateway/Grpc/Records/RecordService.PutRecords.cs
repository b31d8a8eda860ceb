using Broker.Contracts.Errors;
using Broker.Gateway.Encryption;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Wire;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    /// <remarks>Faults of the whole request end the call; faults of a shard stand with the records that they befell, unless the stream is gone or its key.</remarks>
    public async Task<V1.PutRecordsResponse> PutRecords(RequestFrame request, ServerCallContext context)
    {
        var batch = await PutAsync(request, isSingle: false, context);
        if (batch.Parts.Count == 0 && batch.Faults.Find(static fault => IsOfAll(fault.Code)) is { } whole)
        {
            throw new BrokerException(whole.Code, whole.Message);
        }

        var results = new V1.PutRecordsResult[batch.RecordCount];
        foreach (var part in batch.Parts)
        {
            var shardId = part.Shard.ToString();
            for (var i = 0; i < part.Indexes.Length; i++)
            {
                results[part.Indexes[i]] = new V1.PutRecordsResult { ShardId = shardId, SequenceNumber = part.SequenceNumber(i).ToString() };
            }
        }

        var response = new V1.PutRecordsResponse { EncryptionType = StreamMessages.ToMessage(batch.EncryptionType) };
        foreach (var fault in batch.Faults)
        {
            response.FailedRecordCount += fault.Indexes.Length;
            foreach (var index in fault.Indexes)
            {
                results[index] = new V1.PutRecordsResult { ErrorCode = Reason(fault.Code), ErrorMessage = fault.Message };
            }
        }

        response.Results.AddRange(results);
        return response;
    }

    private static bool IsOfAll(BrokerErrorCode code) => code == BrokerErrorCode.ResourceNotFound || KmsErrors.Contains(code);
}
