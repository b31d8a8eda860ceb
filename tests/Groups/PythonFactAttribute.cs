using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Broker.Tests.Groups;

/// <summary>A test that needs Debian's Python with gRPC: skipped, and said so, where it is missing; in CI it runs, and fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !HasGrpc())
        {
            Skip = "gRPC for Python is missing: scripts/test installs it on Debian (python3-grpcio).";
        }
    }

    private static bool HasGrpc()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", "import grpc, google.protobuf"]) { RedirectStandardError = true })!;
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
