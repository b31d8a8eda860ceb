using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DescribeLimitsResponse> DescribeLimits(V1.DescribeLimitsRequest request, ServerCallContext context)
    {
        var account = await grains.Catalogue.DescribeLimitsAsync().WaitAsync(context.CancellationToken);
        return new V1.DescribeLimitsResponse
        {
            ShardLimit = account.ShardLimit,
            OpenShardCount = account.OpenShardCount,
            OnDemandStreamCountLimit = account.OnDemandStreamCountLimit,
            OnDemandStreamCount = account.OnDemandStreamCount,
            ProducerStateRetention = Duration.FromTimeSpan(producers.Value.StateRetention),
        };
    }
}
