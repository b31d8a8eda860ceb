namespace Broker.Bench.Nats;

/// <summary>Percentiles in milliseconds.</summary>
internal sealed record Latency(double P50, double P99);
