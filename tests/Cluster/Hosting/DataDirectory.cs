namespace Broker.Tests.Cluster.Hosting;

/// <summary>A directory of a test's own, removed at its end.</summary>
public sealed class DataDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("broker-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
