using System.Diagnostics.Metrics;

namespace Broker.Gateway.Metrics;

/// <summary>Requests of all operations and protocols, meter <c>Broker.Gateway</c>. Costs nothing while nobody listens. Thread-safe.</summary>
public sealed class RequestMetrics
{
    private readonly Histogram<double> seconds;
    private readonly TimeProvider clock;

    public RequestMetrics(IMeterFactory factory, TimeProvider clock)
    {
        this.clock = clock;
        seconds = factory.Create(GatewayMetrics.MeterName)
            .CreateHistogram<double>("broker.request.duration", "s", "Requests from their last byte to their answer's; of streaming calls, as long as they lasted.");
    }

    /// <summary>When a request began, to hand to what ends it.</summary>
    public long Now() => clock.GetTimestamp();

    /// <param name="operation">AWS's name of the operation; what is none is counted together.</param>
    /// <param name="protocol">aws-json, aws-cbor, rpc-v2-cbor or grpc.</param>
    /// <param name="error">AWS's type or gRPC's status; null for success.</param>
    /// <param name="started">When it began.</param>
    public void Ended(string operation, string protocol, string? error, long started)
    {
        if (!seconds.Enabled)
        {
            return;
        }

        var elapsed = clock.GetElapsedTime(started).TotalSeconds;
        if (error is null)
        {
            seconds.Record(elapsed, new("operation", operation), new("protocol", protocol));
        }
        else
        {
            seconds.Record(elapsed, new("operation", operation), new("protocol", protocol), new("error.type", error));
        }
    }
}
