namespace Broker.Cli.Verify;

/// <summary>What a verification found; the answer of <c>broker verify</c>.</summary>
/// <param name="StreamName">The stream.</param>
/// <param name="Acknowledged">Records that were acknowledged.</param>
/// <param name="Read">Records read, by reader.</param>
/// <param name="Lost">Acknowledged and not read, over all readers.</param>
/// <param name="Doubled">Read more than once by one reader.</param>
/// <param name="OutOfOrder">Read out of order.</param>
/// <param name="Misplaced">Read elsewhere than acknowledged.</param>
/// <param name="ChildFirst">Shards read before their parents' ends, over all readers.</param>
/// <param name="Vanished">Read, and not in the log when all shards were read again.</param>
/// <param name="Invented">Read, and never sent.</param>
/// <param name="Overtaken">Read out of order because the broker refused their batch for a while, as it may; no fault.</param>
/// <param name="LongestStallMillis">The longest that a batch waited for its acknowledgement, or an acknowledged record for a reader.</param>
/// <param name="Interruptions">Connections lost and found again.</param>
/// <param name="Faults">Samples of what is wrong.</param>
internal sealed record VerifyReport(
    string StreamName,
    long Acknowledged,
    IReadOnlyDictionary<string, long> Read,
    long Lost,
    long Doubled,
    long OutOfOrder,
    long Misplaced,
    long ChildFirst,
    long Vanished,
    long Invented,
    long Overtaken,
    long LongestStallMillis,
    long Interruptions,
    IReadOnlyList<VerifyFault> Faults)
{
    public bool IsClean => Lost + Doubled + OutOfOrder + Misplaced + ChildFirst + Vanished + Invented == 0;

    /// <summary>The last line; of the rarer faults it tells only those that there are.</summary>
    public string Verdict =>
        $"lost {Lost}, doubled {Doubled}, out of order {OutOfOrder}{Told("misplaced", Misplaced)}{Told("child before parent", ChildFirst)}"
        + $"{Told("vanished", Vanished)}{Told("invented", Invented)}, longest stall {LongestStallMillis} ms";

    private static string Told(string fault, long count) => count > 0 ? $", {fault} {count}" : "";
}
