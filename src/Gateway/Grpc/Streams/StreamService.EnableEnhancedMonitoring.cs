using System.Collections.Immutable;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.EnableEnhancedMonitoringResponse> EnableEnhancedMonitoring(
        V1.EnableEnhancedMonitoringRequest request, ServerCallContext context)
    {
        var metrics = request.ShardLevelMetrics.ToImmutableArray();
        var change = await streams.AskAsync(request.StreamName, stream => stream.EnableMetricsAsync(metrics), context.CancellationToken);
        routes.Forget(request.StreamName);
        return new V1.EnableEnhancedMonitoringResponse
        {
            CurrentShardLevelMetrics = { change.Current },
            DesiredShardLevelMetrics = { change.Desired },
        };
    }
}
