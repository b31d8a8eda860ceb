using System.Globalization;

namespace Broker.Load.Workbench;

/// <summary>Reads what Linux tells of a process.</summary>
internal static class ProcStatus
{
    /// <summary>Ticks a second in /proc/PID/stat, fixed on all of Linux' architectures.</summary>
    private const double TicksPerSecond = 100;

    /// <param name="stat">/proc/PID/stat, whose second field, a name in brackets, may hold anything.</param>
    public static double ProcessorSeconds(string stat)
    {
        // The fields after the name begin with the third; user and system time are the 14th and the 15th.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <param name="status">/proc/PID/status.</param>
    public static long ResidentBytes(string status)
    {
        var line = status.Split('\n').First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
