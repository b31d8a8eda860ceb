using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Tests.Conformance.Wire;
using Broker.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Conformance.Fuzz;

/// <summary>Bodies and heads that nobody would write, against a broker of their own. <c>scripts/fuzz SECONDS</c> goes on for longer.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const long MemoryAtMost = 1024L * 1024 * 1024;

    [Fact]
    public async Task NoRequestBringsTheBrokerDown()
    {
        var seconds = Number("BROKER_FUZZ_SECONDS", 10);
        var seed = Number("BROKER_FUZZ_SEED", Random.Shared.Next());
        using var broker = new BrokerProcess("--Broker:Limits:MaxProvisionedShards=500", "--Broker:Shards:TailCacheBytes=67108864", "--Broker:Limits:IteratorLifetime=1.00:00:00");
        await broker.StartAsync();
        using var client = new AwsClient(broker.Endpoint);
        using var fuzzer = new Fuzzer(new Uri(broker.Endpoint), await PrepareAsync(client), seed);
        await fuzzer.RunAsync(TimeSpan.FromSeconds(seconds));

        using var process = Process.GetProcessById(broker.ProcessId);
        output.WriteLine($"seed {seed}: {fuzzer.Requests} requests in {seconds} s, {process.WorkingSet64 >> 20} MiB");
        Assert.True(fuzzer.Faults.Count == 0, $"seed {seed}, {fuzzer.Requests} requests:\n{string.Join('\n', fuzzer.Faults)}\n{Tail(broker.Output)}");
        Assert.InRange(fuzzer.Requests, 100, long.MaxValue);
        Assert.InRange(process.WorkingSet64, 1, MemoryAtMost);
        var limits = await client.CallAsync(WireProtocol.Json, "DescribeLimits", new Dictionary<string, object?>());
        Assert.Equal(HttpStatusCode.OK, limits.Status);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task AServerThatFailsIsFound(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync(stop.Token);
                await connection.Client.ReceiveAsync(new byte[65536], stop.Token);
                await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), stop.Token);
            }
        });
        using var fuzzer = new Fuzzer(new Uri($"http://{listener.LocalEndpoint}"), new Dictionary<string, string>(), 1);
        await fuzzer.RunAsync(TimeSpan.FromSeconds(1));
        Assert.NotEmpty(fuzzer.Faults);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    /// <summary>A stream with a consumer and an iterator, as the values of the members that name them.</summary>
    private static async Task<Dictionary<string, string>> PrepareAsync(AwsClient client)
    {
        const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/fuzzed";
        await AskAsync("CreateStream", new() { ["StreamName"] = "fuzzed", ["ShardCount"] = 2L });
        await client.WaitUntilActiveAsync("fuzzed");
        var registered = await AskAsync("RegisterStreamConsumer", new() { ["StreamARN"] = Arn, ["ConsumerName"] = "c" });
        var iterator = await AskAsync("GetShardIterator", new()
        {
            ["StreamName"] = "fuzzed",
            ["ShardId"] = "shardId-000000000000",
            ["ShardIteratorType"] = "TRIM_HORIZON",
        });
        return new Dictionary<string, string>
        {
            ["StreamName"] = "fuzzed",
            ["StreamARN"] = Arn,
            ["ResourceARN"] = Arn,
            ["ConsumerARN"] = (string)((Dictionary<string, object?>)registered["Consumer"]!)["ConsumerARN"]!,
            ["ShardIterator"] = (string)iterator["ShardIterator"]!,
        };

        async Task<IDictionary<string, object?>> AskAsync(string operation, Dictionary<string, object?> input)
        {
            var answer = await client.CallAsync(WireProtocol.Json, operation, input);
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
            return answer.Body;
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : otherwise;

    private static string Tail(string text) => text.Length > 4000 ? text[^4000..] : text;
}
