namespace Broker.Tests.Cluster.Chaos;

/// <summary>A fault that was made, and what it cost.</summary>
/// <param name="Kind">What sort.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="At">When, from the beginning of the run.</param>
/// <param name="Held">How long until it was undone; zero where there was nothing to undo.</param>
/// <param name="Gaps">The longest time without acknowledgement of each lane, from just before the fault until all were acknowledged after its end.</param>
internal sealed record FaultRecord(string Kind, string Target, TimeSpan At, TimeSpan Held, IReadOnlyList<TimeSpan> Gaps)
{
    public override string ToString() =>
        $"{At.TotalSeconds,7:F1} s  {Kind,-22} {Target,-40} held {Held.TotalSeconds,5:F1} s, without acknowledgement: p50 {Percentile(Gaps, 50):F0} ms, longest {Percentile(Gaps, 100):F0} ms";

    /// <summary>A percentile in milliseconds.</summary>
    public static double Percentile(IEnumerable<TimeSpan> spans, double percent)
    {
        var sorted = spans.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)].TotalMilliseconds;
    }
}
