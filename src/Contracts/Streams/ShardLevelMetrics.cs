using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>The metrics that enhanced monitoring measures a shard at a time, by AWS's names (EnableEnhancedMonitoring).</summary>
public static class ShardLevelMetrics
{
    public const string IncomingBytes = nameof(IncomingBytes);
    public const string IncomingRecords = nameof(IncomingRecords);
    public const string OutgoingBytes = nameof(OutgoingBytes);
    public const string OutgoingRecords = nameof(OutgoingRecords);
    public const string WriteProvisionedThroughputExceeded = nameof(WriteProvisionedThroughputExceeded);
    public const string ReadProvisionedThroughputExceeded = nameof(ReadProvisionedThroughputExceeded);
    public const string IteratorAgeMilliseconds = nameof(IteratorAgeMilliseconds);

    /// <summary>Stands for all of them in a request.</summary>
    public const string AllName = "ALL";

    /// <summary>All of them, in AWS's order.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        IncomingBytes,
        IncomingRecords,
        OutgoingBytes,
        OutgoingRecords,
        WriteProvisionedThroughputExceeded,
        ReadProvisionedThroughputExceeded,
        IteratorAgeMilliseconds,
    ];

    public static bool IsName(string name) => name == AllName || All.Contains(name);

    /// <summary>The metrics that names of a request stand for, each once, in AWS's order; names that are none are passed over.</summary>
    public static ImmutableArray<string> Expand(ImmutableArray<string> names) =>
        names.Contains(AllName) ? All : [.. All.Where(metric => names.Contains(metric))];
}
