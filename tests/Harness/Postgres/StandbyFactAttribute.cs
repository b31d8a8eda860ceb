using Xunit;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A test that needs two servers, one following the other: skipped, and said so, where they cannot be had; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StandbyFactAttribute : FactAttribute
{
    public StandbyFactAttribute()
    {
        if (PostgresServer.StandbyAbsence is { } absence && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = absence;
        }
    }
}
