using Xunit;

namespace Broker.Tests.Fault.Agents;

/// <summary>A test that rotates files with logrotate: skipped, and said so, where that is missing; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LogrotateFactAttribute : FactAttribute
{
    public LogrotateFactAttribute()
    {
        if (!File.Exists(RotatedLog.Logrotate) && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = "logrotate is missing (Debian: apt-get install logrotate).";
        }
    }
}
