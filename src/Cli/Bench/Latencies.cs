namespace Broker.Cli.Bench;

/// <summary>Percentiles of a latency, in milliseconds.</summary>
internal sealed record Latencies(double P50, double P90, double P99, double P999, double Max);
