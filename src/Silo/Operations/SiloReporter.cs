using System.Reflection;
using Broker.Contracts.Cluster;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Shards.Moving;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Operations;

/// <summary>What this silo tells of itself.</summary>
internal sealed class SiloReporter(LocalShards shards, SiloDrain drain, TimeProvider time, IOptions<ClusterOptions> cluster)
{
    private readonly long started = time.GetTimestamp();

    public SiloReport Report()
    {
        var load = shards.Measure(0);
        var (bytes, records) = shards.Throughput();
        return new SiloReport(
            Version, (long)time.GetElapsedTime(started).TotalSeconds, FeatureLevels.Least, cluster.Value.HighestLevel, load.Shards, bytes, records, load.Cost,
            shards.Moving, drain.IsDrained);
    }

    /// <summary>The release, and the first digits of its commit where the build knows it.</summary>
    private static string Version { get; } = Short(
        typeof(SiloReporter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");

    private static string Short(string version) =>
        version.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 && version.Length > plus + 9 ? version[..(plus + 9)] : version;
}
