using System.Globalization;
using System.Net;
using Broker.Tests.Conformance.Clients;
using Broker.Tests.Conformance.Wire;
using Xunit;

namespace Broker.Tests.Conformance;

/// <summary>The brokers that all tests share, and the clients that drive them, which run beside the other tests from the start.</summary>
public sealed class ConformanceFixture : IAsyncLifetime
{
    public const string Account = "000000000000";
    public const string Region = "us-east-1";

    private readonly Dictionary<string, Task<ClientRun>> runs = [];
    private readonly Brokers brokers = new();
    private int names;

    /// <summary>Requests as a client of our own sends them.</summary>
    public AwsClient Aws { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        try
        {
            await brokers.StartAsync();
        }
        catch
        {
            // What fails here is not disposed of.
            brokers.Dispose();
            throw;
        }

        Aws = new AwsClient(brokers.Main.Endpoint);
        foreach (var client in ClientProgram.All)
        {
            runs[client.Name] = client.RunAsync(client.SettingsFor(brokers));
        }
    }

    /// <summary>What a client found; waits for its end.</summary>
    public Task<ClientRun> RunOf(string client) => runs[client];

    public string NewName() => "own-" + Interlocked.Increment(ref names).ToString(CultureInfo.InvariantCulture);

    /// <summary>A new PROVISIONED stream that is ACTIVE.</summary>
    public async Task<string> CreateStreamAsync(int shards, WireProtocol protocol = WireProtocol.Json)
    {
        var name = NewName();
        var created = await Aws.CallAsync(
            protocol, "CreateStream", new Dictionary<string, object?> { ["StreamName"] = name, ["ShardCount"] = (long)shards });
        Assert.True(created.Status == HttpStatusCode.OK, created.Message);
        await Aws.WaitUntilActiveAsync(name, protocol);
        return name;
    }

    /// <summary>Asks again until the answer is yes, at most 20 seconds.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> look)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await look())
        {
            await Task.Delay(20, timeout.Token);
        }
    }

    public async Task DisposeAsync()
    {
        var ended = await Task.WhenAll(runs.Values);
        if (Environment.GetEnvironmentVariable(CompatibilityTable.Variable) is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, CompatibilityTable.Of(ended));
        }

        Aws.Dispose();
        brokers.Dispose();
    }
}

[CollectionDefinition("conformance")]
public sealed class ConformanceCollection : ICollectionFixture<ConformanceFixture>;
