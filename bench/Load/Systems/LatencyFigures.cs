namespace Broker.Load.Systems;

/// <summary>Percentiles in milliseconds; 0 where a generator does not tell.</summary>
internal sealed record LatencyFigures(double P50, double P90, double P99, double P999, double Max)
{
    /// <summary>Each percentile as the share that is slower, with its latency.</summary>
    public IReadOnlyList<(double Share, double Millis)> Points => [(0.5, P50), (0.1, P90), (0.01, P99), (0.001, P999)];
}
