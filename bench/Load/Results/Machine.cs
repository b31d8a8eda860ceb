using System.Runtime.InteropServices;

namespace Broker.Load.Results;

/// <summary>On what was measured.</summary>
/// <param name="Processors">Their number.</param>
/// <param name="Model">Of the processors.</param>
/// <param name="MemoryBytes">Of the machine.</param>
/// <param name="System">The kernel.</param>
/// <param name="Runtime">The runtime of the harness, which the broker's is built with.</param>
/// <param name="FileSystem">Of the directory that took the data.</param>
/// <param name="LoadBefore">Processes that wanted a processor in the minute before: above some 0.3 the machine was not quiet.</param>
internal sealed record Machine(int Processors, string Model, long MemoryBytes, string System, string Runtime, string FileSystem, double LoadBefore)
{
    public static Machine Describe(string directory)
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal));
        var full = Path.GetFullPath(directory);
        var drive = DriveInfo.GetDrives().Where(drive => full.StartsWith(drive.Name, StringComparison.Ordinal)).MaxBy(static drive => drive.Name.Length);
        return new Machine(
            Environment.ProcessorCount,
            cpu?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString(),
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            drive?.DriveFormat ?? "unknown",
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], global::System.Globalization.CultureInfo.InvariantCulture));
    }
}
