using System.Globalization;
using Broker.Tests.Conformance.Clients;
using Broker.Tests.Conformance.Wire;
using Broker.Tests.Harness;
using Xunit;

namespace Broker.Tests.Conformance;

/// <summary>The brokers that all tests share, and the clients that drive them, which run beside the other tests from the start.</summary>
public sealed class ConformanceFixture : IAsyncLifetime
{
    public const string Account = "000000000000";
    public const string Region = "us-east-1";
    public const string AccessKeyId = "AKIDEXAMPLE";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly Dictionary<string, Task<ClientRun>> runs = [];
    private readonly string home = Directory.CreateTempSubdirectory("broker-conformance-").FullName;
    private int names;

    /// <summary>The broker that most tests use: AWS's limits, but room for the suite's streams and reads, and any credentials.</summary>
    public BrokerProcess Broker { get; } = new(
        "--Broker:Limits:MaxOnDemandStreams=10000", "--Broker:Limits:MaxCreatingStreams=1000", "--Broker:Limits:ShardReadCallsPerSecond=10000");

    /// <summary>A broker whose iterators and tokens last a moment.</summary>
    public BrokerProcess Impatient { get; } = new("--Broker:Limits:IteratorLifetime=00:00:00.2", "--Broker:Limits:NextTokenLifetime=00:00:00.2");

    /// <summary>Requests as a client of our own sends them.</summary>
    public AwsClient Aws { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(Broker.StartAsync(), Impatient.StartAsync());
        Aws = new AwsClient(Broker.Endpoint);
        foreach (var client in ClientProgram.All)
        {
            runs[client.Name] = client.RunAsync(client.SettingsFor(Broker.Endpoint, Impatient.Endpoint, home));
        }
    }

    /// <summary>What a client found; waits for its end.</summary>
    public Task<ClientRun> RunOf(string client) => runs[client];

    public string NewName() => "own-" + Interlocked.Increment(ref names).ToString(CultureInfo.InvariantCulture);

    public async Task DisposeAsync()
    {
        var ended = await Task.WhenAll(runs.Values);
        if (Environment.GetEnvironmentVariable(CompatibilityTable.Variable) is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, CompatibilityTable.Of(ended));
        }

        Aws.Dispose();
        Broker.Dispose();
        Impatient.Dispose();
        Directory.Delete(home, recursive: true);
    }
}

[CollectionDefinition("conformance")]
public sealed class ConformanceCollection : ICollectionFixture<ConformanceFixture>;
