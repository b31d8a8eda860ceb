using System.Diagnostics;
using System.Globalization;

namespace Broker.Bench.Postgres;

/// <summary>What a turn came to.</summary>
internal readonly record struct Figure(double MegabytesPerSecond, double CommitMilliseconds, double Cores, double AllocatedShare)
{
    /// <summary>Begins a turn; the function ends it with the bytes that were stored and the waits for them.</summary>
    public static Func<long, long, double, Figure> Begin()
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        return (bytes, waits, waited) => new Figure(
            bytes / clock.Elapsed.TotalSeconds / 1_000_000,
            waited / waits,
            (Process.GetCurrentProcess().TotalProcessorTime - cpu) / clock.Elapsed,
            (GC.GetTotalAllocatedBytes() - allocated) / (double)bytes);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{MegabytesPerSecond:F0} MB/s, {CommitMilliseconds:F1} ms to durable, {Cores:F2} cores of this process, {100 * AllocatedShare:F1} bytes allocated per 100 stored");
}
