using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Chart;

/// <summary>A test that needs Helm: skipped, and said so, where there is none; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HelmFactAttribute : FactAttribute
{
    private bool needsPostgres;

    public HelmFactAttribute() => SkipFor(HelmChart.Absence);

    /// <summary>Whether it needs PostgreSQL as well.</summary>
    public bool NeedsPostgres
    {
        get => needsPostgres;
        set
        {
            needsPostgres = value;
            if (value)
            {
                SkipFor(PostgresServer.Absence);
            }
        }
    }

    private void SkipFor(string? absence)
    {
        if (absence is not null && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = absence;
        }
    }
}
