using Broker.Contracts.Cluster;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Gateway.Hosting;

/// <summary>What gRPC's health service says: SERVING until the process is told to stop, or its silo is drained. Asks nobody else.</summary>
internal sealed class GatewayHealth(GatewayDrain drain, IEnumerable<ISiloDrain> silos) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(drain.IsLeaving ? HealthCheckResult.Unhealthy("This gateway is stopping.")
            : silos.Any(static silo => silo.IsDrained) ? HealthCheckResult.Unhealthy("The silo beside this gateway is drained.") : HealthCheckResult.Healthy());
}
