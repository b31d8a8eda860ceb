using Xunit;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A test that needs PostgreSQL: skipped, and said so, where there is none; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (PostgresServer.Absence is { } absence && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = absence;
        }
    }
}
