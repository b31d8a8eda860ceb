using Xunit;

namespace Broker.Tests.Fault;

/// <summary>A test that mounts a file system: skipped, and said so, where the user may not; in CI it runs, and fails if it cannot.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = "Mounting a small file system needs root.";
        }
    }
}
