using Xunit;

namespace Broker.Tests.Groups;

/// <summary>A test that needs Node and a package: skipped, and said so, where they are missing; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeFactAttribute : FactAttribute
{
    /// <param name="folder">Where the package is installed, from the repository's root.</param>
    /// <param name="package">The package.</param>
    public NodeFactAttribute(string folder, string package)
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !Directory.Exists(Path.Combine(Programs.Root, folder, "node_modules", package)))
        {
            Skip = $"{package} is not installed in {folder}: scripts/test installs it, where there are node and npm.";
        }
    }
}
