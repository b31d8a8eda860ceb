using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.UpdateStreamRecordDistributionStrategyResponse> UpdateStreamRecordDistributionStrategy(
        V1.UpdateStreamRecordDistributionStrategyRequest request, ServerCallContext context)
    {
        var strategy = StreamMessages.ToDistribution(request.RecordDistributionStrategy);
        await streams.ChangeAsync(request.StreamName, stream => stream.UpdateRecordDistributionAsync(strategy), context.CancellationToken);
        return new V1.UpdateStreamRecordDistributionStrategyResponse();
    }
}
