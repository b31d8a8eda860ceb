using Xunit;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>A test that needs network namespaces: skipped, and said so, where there are none; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute()
    {
        if (ClusterNetwork.Absence is { } absence && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = absence;
        }
    }
}
