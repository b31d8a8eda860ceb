using Broker.Contracts.Errors;
using Broker.Gateway.Reading;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    public async Task<RecordPage> GetRecords(V1.GetRecordsRequest request, ServerCallContext context)
    {
        var most = limits.Value.MaxRecordsPerRead;
        if (request.Limit < 0 || request.Limit > most)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, $"limit is {request.Limit}: it must be 1 to {most}, or 0 for the most.");
        }

        var cursor = await reads.OpenAsync(request.ShardIterator, context.CancellationToken);
        var page = await reads.ReadAsync(cursor, request.Limit == 0 ? most : request.Limit, context.CancellationToken);
        answers.Hold(context.GetHttpContext(), RecordPageWriter.Measure(page));
        return page;
    }
}
