using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Appending;

/// <summary>What all appenders of a gateway share.</summary>
internal sealed record AppendContext(
    IBrokerGrains Grains,
    StreamRoutes Routes,
    StreamCiphers Ciphers,
    GatewayOptions Options,
    TimeProvider Clock,
    GatewayMetrics Metrics,
    ILogger Logger)
{
    public TimeSpan Remaining(long deadline) => Clock.GetElapsedTime(Clock.GetTimestamp(), deadline);

    public long DeadlineAfter(TimeSpan time) => Clock.GetTimestamp() + (long)(time.TotalSeconds * Clock.TimestampFrequency);
}
