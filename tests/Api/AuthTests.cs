using System.Diagnostics;
using Broker.Tests.Harness;
using Broker.V1;
using Grpc.Net.Client;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>The real executable with authentication on: its commands, keys that change, policies of both kinds, and what it refuses to start with.</summary>
public sealed class AuthTests : IDisposable
{
    private const string Keys = """
        {"keys": [
            {"accessKeyId": "ADMIN", "secretAccessKey": "admin-secret", "user": "admin", "policies": [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]},
            {"accessKeyId": "READER", "secretAccessKey": "reader-secret", "user": "reader"}
        ]}
        """;

    private const string Policy = """
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/reader"}, "Action": "kinesis:Describe*",
         "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}}
        """;

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("broker-auth-");

    [Fact]
    public async Task CommandsSignWithWhatTheEnvironmentTellsAndOverTls()
    {
        var securePort = BrokerProcess.FreePort();
        using var broker = await StartAsync("--tls-dev", "--tls-listen", $"https://127.0.0.1:{securePort}");
        Assert.Equal(1, await RunAsync(broker, "stream", "create", "s", "--endpoint", broker.Endpoint));
        Assert.Contains("broker: MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token", broker.Output, StringComparison.Ordinal);

        broker.Variables["AWS_ACCESS_KEY_ID"] = "ADMIN";
        broker.Variables["AWS_SECRET_ACCESS_KEY"] = "admin-secret";
        Assert.Equal(0, await RunAsync(broker, "stream", "create", "s", "--endpoint", broker.Endpoint));
        var secure = $"https://localhost:{securePort}";
        Assert.Equal(0, await RunAsync(broker, "stream", "describe", "s", "--endpoint", secure, "--tls-ca", Path.Combine(broker.DataDirectory, "tls-dev.pem")));
        Assert.NotEqual(0, await RunAsync(broker, "stream", "describe", "s", "--endpoint", secure));

        // The options go before the environment.
        File.WriteAllText(PathOf("secret"), "reader-secret\n");
        Assert.Equal(1, await RunAsync(broker, "stream", "describe", "s", "--endpoint", broker.Endpoint, "--access-key", "READER", "--secret-key-file", PathOf("secret")));
        Assert.Contains("broker: ACCESS_DENIED: User: arn:aws:iam::000000000000:user/reader is not authorized to perform: kinesis:DescribeStream", broker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("admin-secret", broker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkersNeedLeaveForTheirApplicationAndItsStreams()
    {
        using var broker = await StartAsync();
        broker.Variables["AWS_ACCESS_KEY_ID"] = "ADMIN";
        broker.Variables["AWS_SECRET_ACCESS_KEY"] = "admin-secret";
        Assert.Equal(0, await RunAsync(broker, "stream", "create", "s", "--shards", "1", "--endpoint", broker.Endpoint));
        File.WriteAllText(PathOf("record"), "one\n");
        Assert.Equal(0, await RunAsync(broker, "put", "s", "--file", PathOf("record"), "--endpoint", broker.Endpoint));
        Assert.Equal(0, await RunAsync(broker, "consume", "billing", "s", "--from", "trim-horizon", "--count", "1", "--endpoint", broker.Endpoint));
        File.WriteAllText(PathOf("secret"), "reader-secret\n");
        string[] reader = ["--endpoint", broker.Endpoint, "--access-key", "READER", "--secret-key-file", PathOf("secret")];
        Assert.Equal(1, await RunAsync(broker, ["consume", "billing", "s", .. reader]));
        Assert.Contains("is not authorized to perform: kinesis:Consume on resource: arn:aws:kinesis:us-east-1:000000000000:application/billing", broker.Output, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync(broker, ["app", "delete", "billing", .. reader]));
        Assert.Contains("is not authorized to perform: kinesis:DeleteApplication", broker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APolicyOfAStreamLetsItsReaderIn()
    {
        using var broker = await StartAsync();
        var admin = Connect(broker, "ADMIN", "admin-secret");
        var reader = Connect(broker, "READER", "reader-secret");
        await admin.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 });
        await BrokerProcess.WaitUntilActiveAsync(admin, "s");
        await ApiFixture.FailsAsync("ACCESS_DENIED", () => DescribeAsync(reader), "because no identity-based policy allows the kinesis:DescribeStreamSummary action");
        await admin.PutResourcePolicyAsync(new PutResourcePolicyRequest { StreamName = "s", Policy = Policy });
        await EventuallyAsync(() => DescribeAsync(reader));
        await ApiFixture.FailsAsync("ACCESS_DENIED", async () => await reader.DeleteStreamAsync(new DeleteStreamRequest { StreamName = "s" }), "kinesis:DeleteStream");
        await admin.PutResourcePolicyAsync(new PutResourcePolicyRequest { StreamName = "s", Policy = Policy.Replace("Allow", "Deny", StringComparison.Ordinal) });
        await EventuallyAsync(() => ApiFixture.FailsAsync("ACCESS_DENIED", () => DescribeAsync(reader), "with an explicit deny in a resource-based policy"));
    }

    [Fact]
    public async Task KeysChangeWithoutARestart()
    {
        using var broker = await StartAsync("--Broker:Auth:KeysPollInterval=00:00:00.100");
        var old = Connect(broker, "ADMIN", "admin-secret");
        await old.ListStreamsAsync(new ListStreamsRequest());
        File.WriteAllText(PathOf("next.json"), Keys.Replace("admin-secret", "rotated", StringComparison.Ordinal));
        File.Move(PathOf("next.json"), PathOf("keys.json"), overwrite: true);
        var rotated = Connect(broker, "ADMIN", "rotated");
        await EventuallyAsync(async () => await rotated.ListStreamsAsync(new ListStreamsRequest()));
        await ApiFixture.FailsAsync("INVALID_SIGNATURE", async () => await old.ListStreamsAsync(new ListStreamsRequest()));

        File.WriteAllText(PathOf("keys.json"), "{");
        await EventuallyAsync(() =>
        {
            Assert.Contains("The access keys cannot be read", broker.Output, StringComparison.Ordinal);
            return Task.CompletedTask;
        });
        await rotated.ListStreamsAsync(new ListStreamsRequest());
    }

    [Fact]
    public async Task BeyondLoopbackItStartsOnlyWhenToldWhoMayCall()
    {
        using var broker = new BrokerProcess();
        using var refused = broker.Launch("serve", "--data", broker.DataDirectory, "--listen", "http://0.0.0.0:0");
        await refused.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is beyond loopback, and there is no authentication", broker.Output, StringComparison.Ordinal);
        Assert.Contains("--auth on", broker.Output, StringComparison.Ordinal);

        using var keyless = broker.Launch("serve", "--data", broker.DataDirectory, "--listen", "http://0.0.0.0:0", "--auth", "on");
        await keyless.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, keyless.ExitCode);
        Assert.Contains("there is no key that a caller could have", broker.Output, StringComparison.Ordinal);

        using var open = new BrokerProcess("--auth", "none", "--Broker:Tls:Development=true", $"--Broker:Tls:Listen=https://0.0.0.0:{BrokerProcess.FreePort()}");
        await open.StartAsync();
    }

    public void Dispose() => directory.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(directory.FullName, name);

    private async Task<BrokerProcess> StartAsync(params string[] more)
    {
        File.WriteAllText(PathOf("keys.json"), Keys);
        var broker = new BrokerProcess(["--auth", "on", "--auth-keys", PathOf("keys.json"), .. more]);
        await broker.StartAsync();
        return broker;
    }

    private static async Task<int> RunAsync(BrokerProcess broker, params string[] arguments)
    {
        using Process command = broker.Launch(arguments);
        await command.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return command.ExitCode;
    }

    private static StreamService.StreamServiceClient Connect(BrokerProcess broker, string id, string secret) =>
        new(GrpcChannel.ForAddress(broker.Endpoint, new GrpcChannelOptions { HttpHandler = new SignedCalls(id, secret), DisposeHttpClient = true }));

    private static async Task DescribeAsync(StreamService.StreamServiceClient client) =>
        await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "s" });

    /// <summary>Until the maps and files that the server reads now and then have been read.</summary>
    private static async Task EventuallyAsync(Func<Task> check)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await check();
                return;
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(20);
            }
        }
    }
}
