using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Gateway.Hosting;

/// <summary>What gRPC's health service says: SERVING until the process is told to stop. Asks nobody else.</summary>
internal sealed class GatewayHealth(GatewayDrain drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(drain.IsLeaving ? HealthCheckResult.Unhealthy("This gateway is stopping.") : HealthCheckResult.Healthy());
}
