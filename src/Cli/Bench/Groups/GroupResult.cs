namespace Broker.Cli.Bench.Groups;

/// <summary>The answer of <c>broker bench group</c>.</summary>
/// <param name="StreamName">The stream.</param>
/// <param name="Workers">Worker processes.</param>
/// <param name="Shards">The stream's shards.</param>
/// <param name="Records">Records that the group read from the beginning.</param>
/// <param name="RecordBytes">Bytes of each.</param>
/// <param name="Seconds">How long that took, checkpoint after each batch.</param>
/// <param name="RecordsPerSecond">Records by seconds.</param>
/// <param name="MebibytesPerWorker">Memory of a worker after that; the largest.</param>
/// <param name="TakeOvers">For each fail-over time.</param>
internal sealed record GroupResult(
    string StreamName,
    int Workers,
    int Shards,
    long Records,
    int RecordBytes,
    double Seconds,
    double RecordsPerSecond,
    double MebibytesPerWorker,
    IReadOnlyList<TakeOver> TakeOvers);
