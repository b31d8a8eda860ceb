using Broker.Contracts.Errors;
using Broker.Gateway.Wire;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    /// <remarks>Faults of the whole request end the call; faults of a shard stand with the records that they befell, unless the stream is gone.</remarks>
    public async Task<V1.PutRecordsResponse> PutRecords(RequestFrame request, ServerCallContext context)
    {
        var batch = await PutAsync(request, isSingle: false, context);
        if (batch.Parts.Count == 0 && batch.Faults.Find(static fault => fault.Code == BrokerErrorCode.ResourceNotFound) is { } gone)
        {
            throw new BrokerException(gone.Code, gone.Message);
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

        var response = new V1.PutRecordsResponse();
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
}
