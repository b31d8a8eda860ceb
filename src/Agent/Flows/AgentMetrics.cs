using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Broker.Agent.Flows;

/// <summary>What an agent counts: the meter <see cref="MeterName"/>, tagged with the stream and the file pattern.</summary>
public sealed class AgentMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Broker.Agent";

    private readonly Meter meter = new(MeterName);
    private readonly ConcurrentDictionary<string, FlowStatus> flows = new(StringComparer.Ordinal);

    /// <summary>Makes the meter.</summary>
    public AgentMetrics()
    {
        Records = meter.CreateCounter<long>("broker.agent.records", "{record}", "Records that are durable in the stream.");
        Bytes = meter.CreateCounter<long>("broker.agent.bytes", "By", "Bytes of those.");
        Skipped = meter.CreateCounter<long>("broker.agent.skipped", "{record}", "Records that a conversion left out.");
        Unconverted = meter.CreateCounter<long>("broker.agent.unconverted", "{record}", "Records that could not be converted and were sent as they are.");
        Cut = meter.CreateCounter<long>("broker.agent.cut", "{record}", "Records that were cut because they were too long.");
        Retries = meter.CreateCounter<long>("broker.agent.retries", "{retry}", "Times that a flow went back to what was not acknowledged.");
        meter.CreateObservableGauge("broker.agent.paths", () => Observe(flow => flow.Paths), "{path}", "Paths that are followed.");
        meter.CreateObservableGauge("broker.agent.pending.records", () => Observe(flow => flow.Pending), "{record}", "Records on their way.");
        meter.CreateObservableGauge("broker.agent.behind", () => Observe(flow => flow.BytesBehind), "By", "Bytes in the files that are not read yet.");
    }

    internal Counter<long> Records { get; }

    internal Counter<long> Bytes { get; }

    internal Counter<long> Skipped { get; }

    internal Counter<long> Unconverted { get; }

    internal Counter<long> Cut { get; }

    internal Counter<long> Retries { get; }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    /// <summary>The status of a flow, which its runner keeps.</summary>
    internal FlowStatus StatusOf(Configuration.FlowConfiguration flow) => flows.GetOrAdd(flow.Id, _ => new FlowStatus(flow.StreamName, flow.FilePattern));

    private IEnumerable<Measurement<long>> Observe(Func<FlowStatus, long> value) => flows.Values.Select(flow => new Measurement<long>(value(flow), flow.Tags));
}
