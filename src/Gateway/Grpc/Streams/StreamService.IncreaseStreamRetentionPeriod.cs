using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.IncreaseStreamRetentionPeriodResponse> IncreaseStreamRetentionPeriod(
        V1.IncreaseStreamRetentionPeriodRequest request, ServerCallContext context)
    {
        StreamRequests.Check(
            request.RetentionPeriodHours >= 1, $"retention_period_hours is {request.RetentionPeriodHours}: it must be 1 or more.");
        await streams.ChangeAsync(request.StreamName, stream => stream.IncreaseRetentionAsync(request.RetentionPeriodHours), context.CancellationToken);
        return new V1.IncreaseStreamRetentionPeriodResponse();
    }
}
