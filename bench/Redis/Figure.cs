namespace Broker.Bench.Redis;

/// <summary>What a turn came to; named as <c>broker bench --output json</c> names it.</summary>
/// <param name="RecordsPerSecond">Entries added a second.</param>
/// <param name="LatencyMillis">From a pipeline's sending to its last answer.</param>
internal sealed record Figure(double RecordsPerSecond, Latency LatencyMillis);
