using Xunit;

namespace Broker.Tests.Conformance.Clients;

/// <summary>A theory that needs a client: skipped where it is not installed, but in CI it fails there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute(string client)
    {
        Client = client;
        if (ClientProgram.Named(client).Absence is { } absent && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = absent;
        }
    }

    public string Client { get; }
}
