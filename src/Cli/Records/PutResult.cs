namespace Broker.Cli.Records;

/// <summary>The answer of <c>broker put</c>.</summary>
/// <param name="StreamName">The stream.</param>
/// <param name="Records">Records that are durable.</param>
/// <param name="Bytes">Their data, without partition keys.</param>
/// <param name="Seconds">From the first line to the last acknowledgement.</param>
/// <param name="RecordsPerSecond">Records by seconds.</param>
/// <param name="Shards">Records by shard.</param>
internal sealed record PutResult(
    string StreamName, long Records, long Bytes, double Seconds, double RecordsPerSecond, SortedDictionary<string, long> Shards);
