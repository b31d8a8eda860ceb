using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DisableEnhancedMonitoring.</summary>
internal sealed class DisableEnhancedMonitoring(AwsResources resources, StreamCalls calls, StreamRoutes routes, BrokerIdentity identity)
    : AwsOperation<EnhancedMonitoringInput, EnhancedMonitoringOutput>
{
    protected override async Task<EnhancedMonitoringOutput> RunAsync(EnhancedMonitoringInput input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var change = await calls.AskAsync(name, stream => stream.DisableMetricsAsync([.. input.ShardLevelMetrics!]), call.Cancellation);
        routes.Forget(name);
        return EnhancedMonitoringOutput.Of(name, identity, change);
    }
}
