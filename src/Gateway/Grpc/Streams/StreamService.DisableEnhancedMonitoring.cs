using System.Collections.Immutable;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.DisableEnhancedMonitoringResponse> DisableEnhancedMonitoring(
        V1.DisableEnhancedMonitoringRequest request, ServerCallContext context)
    {
        var metrics = request.ShardLevelMetrics.ToImmutableArray();
        var change = await streams.AskAsync(request.StreamName, stream => stream.DisableMetricsAsync(metrics), context.CancellationToken);
        routes.Forget(request.StreamName);
        return new V1.DisableEnhancedMonitoringResponse
        {
            CurrentShardLevelMetrics = { change.Current },
            DesiredShardLevelMetrics = { change.Desired },
        };
    }
}
