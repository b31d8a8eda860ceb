using System.Globalization;

namespace Broker.Tests.Harness.Cluster;

/// <summary>The wall clock of one node's processes, stepped while they run, by libfaketime; time that elapses stays true. The machine's own clock is left alone.</summary>
public sealed class SteppedClock : IDisposable
{
    private static readonly string? Library = new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu" }
        .Select(directory => Path.Combine(directory, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    private readonly string file = Path.GetTempFileName();

    public SteppedClock() => Step(TimeSpan.Zero);

    /// <summary>What is missing to make one; null where nothing is.</summary>
    public static string? Absence => Library is null ? "libfaketime is missing (Debian: apt-get install faketime)." : null;

    /// <summary>What a process needs in its environment.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables =>
    [
        new("LD_PRELOAD", Library!), new("FAKETIME_TIMESTAMP_FILE", file), new("FAKETIME_DONT_FAKE_MONOTONIC", "1"), new("FAKETIME_CACHE_DURATION", "1"),
    ];

    /// <summary>Sets how far the clock is ahead of the machine's, which the process sees within a second.</summary>
    public void Step(TimeSpan ahead)
    {
        // In one piece: a process may be reading it.
        var made = file + ".new";
        File.WriteAllText(made, string.Create(CultureInfo.InvariantCulture, $"{(ahead < TimeSpan.Zero ? "-" : "+")}{Math.Abs(ahead.TotalSeconds):F3}\n"));
        File.Move(made, file, overwrite: true);
    }

    public void Dispose() => File.Delete(file);
}
