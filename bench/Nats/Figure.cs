namespace Broker.Bench.Nats;

/// <summary>What a turn came to; named as <c>broker bench --output json</c> names it.</summary>
/// <param name="RecordsPerSecond">Messages acknowledged a second.</param>
/// <param name="P50">Milliseconds to the acknowledgement, of one message in 16.</param>
/// <param name="P99">As <paramref name="P50"/>.</param>
internal sealed record Figure(double RecordsPerSecond, double P50, double P99);
