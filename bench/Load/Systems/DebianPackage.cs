using Broker.Load.Workbench;

namespace Broker.Load.Systems;

/// <summary>Programs of Debian's packages, installed where they are missing and may be.</summary>
internal static class DebianPackage
{
    /// <returns>The program's path.</returns>
    /// <exception cref="LoadException">It is missing, and this is not root or no Debian.</exception>
    public static async Task<string> FindAsync(Workspace workspace, string package, string program, CancellationToken cancellation)
    {
        if (Find(program) is null && Environment.IsPrivilegedProcess && Find("apt-get") is { } apt)
        {
            // In run level 1 a package starts no service of its own.
            await workspace.RunAsync("/usr/bin/env", ["RUNLEVEL=1", apt, "install", "-y", "-qq", "--no-install-recommends", package], cancellation);
        }

        return Find(program) ?? throw new LoadException($"{program} is missing (Debian: apt-get install {package}).");
    }

    public static string? Find(string program) => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/bin".Split(':')
        .Where(static directory => directory.Length > 0)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);
}
