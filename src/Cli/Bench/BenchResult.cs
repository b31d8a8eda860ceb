namespace Broker.Cli.Bench;

/// <summary>The answer of every <c>broker bench</c> command.</summary>
/// <param name="Benchmark">put, get or fanout, and how.</param>
/// <param name="StreamName">The stream.</param>
/// <param name="Workers">Producers, clients or subscribers.</param>
/// <param name="Records">Records put, or read (by all subscribers together).</param>
/// <param name="Bytes">Their data.</param>
/// <param name="Seconds">How long that took.</param>
/// <param name="RecordsPerSecond">Records by seconds.</param>
/// <param name="MebibytesPerSecond">Bytes by seconds.</param>
/// <param name="TargetRecordsPerSecond">The rate asked for; null for as fast as it goes.</param>
/// <param name="LatencyMillis">Of what <paramref name="LatencyOf"/> says.</param>
/// <param name="LatencyOf">What was measured.</param>
/// <param name="Failed">Records or calls that failed.</param>
internal sealed record BenchResult(
    string Benchmark,
    string StreamName,
    int Workers,
    long Records,
    long Bytes,
    double Seconds,
    double RecordsPerSecond,
    double MebibytesPerSecond,
    double? TargetRecordsPerSecond,
    Latencies LatencyMillis,
    string LatencyOf,
    long Failed)
{
    public static BenchResult Of(
        string benchmark, string stream, int workers, LoadCounter counter, double? target, LatencyRecorder latency, string latencyOf)
    {
        var seconds = Math.Max(counter.Elapsed.TotalSeconds, 0.001);
        return new BenchResult(
            benchmark,
            stream,
            workers,
            counter.Records,
            counter.Bytes,
            Math.Round(seconds, 3),
            Math.Round(counter.Records / seconds),
            Math.Round(counter.Bytes / seconds / 1024 / 1024, 1),
            target,
            latency.ToLatencies(),
            latencyOf,
            counter.Failed);
    }
}
