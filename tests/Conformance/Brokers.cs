using System.Text.Json;
using Broker.Tests.Harness;

namespace Broker.Tests.Conformance;

/// <summary>The brokers of the suite, the real executable each.</summary>
public sealed class Brokers : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("broker-conformance-").FullName;

    public Brokers()
    {
        Locked = new BrokerProcess("--auth", "on", $"--Broker:Auth:KeysFile={WriteKeys()}");
    }

    /// <summary>The broker that most tests use: AWS's limits, but room for the suite's streams and reads, and any credentials.</summary>
    public BrokerProcess Main { get; } = new(
        "--Broker:Limits:MaxOnDemandStreams=10000",
        "--Broker:Limits:MaxCreatingStreams=1000",
        "--Broker:Limits:ShardReadCallsPerSecond=10000",
        $"--Broker:Encryption:Keys={MasterKeys()}");

    /// <summary>A broker whose iterators and tokens last a moment, and whose subscriptions can be taken over as soon.</summary>
    public BrokerProcess Impatient { get; } = new(
        "--Broker:Limits:IteratorLifetime=00:00:00.2",
        "--Broker:Limits:NextTokenLifetime=00:00:00.2",
        "--Broker:Limits:SubscriptionTakeoverAfter=00:00:00.2");

    /// <summary>A broker that verifies signatures: the suite's key may do everything, the guest's may list streams.</summary>
    public BrokerProcess Locked { get; }

    /// <summary>A home without anybody's configuration.</summary>
    public string Home => folder;

    /// <summary>Errors of master keys, and a key that gives each.</summary>
    public static IReadOnlyDictionary<string, string> KeyErrors { get; } = new Dictionary<string, string>
    {
        ["KMSDisabledException"] = "alias/off",
        ["KMSInvalidStateException"] = "alias/dying",
    };

    public Task StartAsync() => Task.WhenAll(Main.StartAsync(), Impatient.StartAsync(), Locked.StartAsync());

    public void Dispose()
    {
        Main.Dispose();
        Impatient.Dispose();
        Locked.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string MasterKeys() => JsonSerializer.Serialize(new
    {
        keys = new[]
        {
            new { keyId = "off", material = Convert.ToBase64String(new byte[32]), state = "Disabled", aliases = new[] { "alias/off" } },
            new { keyId = "dying", material = Convert.ToBase64String(new byte[32]), state = "PendingDeletion", aliases = new[] { "alias/dying" } },
        },
    });

    private string WriteKeys()
    {
        var path = Path.Combine(folder, "keys.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            keys = new[]
            {
                Key(Credentials.Own, "owner", "kinesis:*"),
                Key(Credentials.Guest, "guest", "kinesis:ListStreams"),
            },
        }));
        return path;

        static object Key(Credentials credentials, string user, string action) => new
        {
            accessKeyId = credentials.AccessKeyId,
            secretAccessKey = credentials.SecretAccessKey,
            user,
            policies = new[] { new { Version = "2012-10-17", Statement = new[] { new { Effect = "Allow", Action = action, Resource = "*" } } } },
        };
    }
}
