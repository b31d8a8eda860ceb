using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Broker.Contracts.Cluster;

namespace Broker.Cli.Serve.Diagnostics;

/// <inheritdoc cref="IProcessDiagnostics"/>
internal sealed class ProcessDiagnostics(IConfiguration configuration, RecentLog log) : IProcessDiagnostics
{
    public ProcessReport Read() => new($"{Environment.MachineName}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", [.. StruckSettings.Lines(configuration)], [.. Runtime()], [.. log.Read()]);

    private static IEnumerable<string> Runtime()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var memory = GC.GetGCMemoryInfo();
        yield return $"version {typeof(ProcessDiagnostics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";
        yield return $"runtime {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}";
        yield return string.Create(CultureInfo.InvariantCulture, $"began {process.StartTime.ToUniversalTime():O}");
        yield return string.Create(CultureInfo.InvariantCulture, $"processors {Environment.ProcessorCount}");
        yield return string.Create(CultureInfo.InvariantCulture, $"processor time {process.TotalProcessorTime.TotalSeconds:F1} s");
        yield return string.Create(CultureInfo.InvariantCulture, $"memory {process.WorkingSet64} bytes, of which heap {GC.GetTotalMemory(false)}, available {memory.TotalAvailableMemoryBytes}");
        yield return string.Create(CultureInfo.InvariantCulture, $"collections {GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)}, paused {GC.GetTotalPauseDuration().TotalSeconds:F3} s");
        yield return string.Create(CultureInfo.InvariantCulture, $"threads {ThreadPool.ThreadCount}, queued {ThreadPool.PendingWorkItemCount}");
    }
}
