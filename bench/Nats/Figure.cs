namespace Broker.Bench.Nats;

/// <summary>What a turn came to; named as <c>broker bench --output json</c> names it.</summary>
/// <param name="RecordsPerSecond">Messages acknowledged a second.</param>
/// <param name="LatencyMillis">To the acknowledgement, of one message in 16.</param>
internal sealed record Figure(double RecordsPerSecond, Latency LatencyMillis);
