namespace Broker.Cli.Bench.Groups;

/// <summary>How soon others have what a worker left that was killed, in seconds.</summary>
/// <param name="FailoverSeconds">The application's fail-over time.</param>
/// <param name="Kills">Workers that were killed.</param>
/// <param name="P50">From the kill to a shard's next processor: half of the shards by then.</param>
/// <param name="P99">99 of 100 shards by then.</param>
/// <param name="NewWorkerP50">From a new worker's start as a process to its first shard.</param>
internal sealed record TakeOver(double FailoverSeconds, int Kills, double P50, double P99, double NewWorkerP50);
