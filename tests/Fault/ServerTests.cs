using System.Net;
using System.Net.Sockets;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Grpc.Health.V1;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>The process as an operator meets it: start, stop, refusals.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task SigtermDrainsAndExitsWithZeroAndLosesNothing()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        using (var channel = broker.Connect())
        {
            var streams = new StreamService.StreamServiceClient(channel);
            var records = new RecordService.RecordServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 });
            await BrokerProcess.WaitUntilActiveAsync(streams, "s");
            await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFromUtf8("w|k|1|") });
            using var open = records.SubscribeToShard(new SubscribeToShardRequest
            {
                StreamName = "s",
                ShardId = "shardId-000000000000",
                StartingPosition = new StartingPosition { Type = ShardIteratorType.Latest },
            });
            Assert.True(await open.ResponseStream.MoveNext(default));
            Assert.Equal(0, await broker.TerminateAsync(TimeSpan.FromSeconds(10)));
        }

        await broker.StartAsync();
        using var again = broker.Connect();
        Assert.Single(await Reading.AllAsync(new RecordService.RecordServiceClient(again), new StreamService.StreamServiceClient(again), "s"));
    }

    [Fact]
    public async Task ReadinessFlipsAtSigtermWhileCallsStillSucceed()
    {
        var metrics = $"http://127.0.0.1:{BrokerProcess.FreePort()}";
        using var broker = new BrokerProcess("--metrics", metrics, "--Broker:Gateway:DrainDelay=00:00:05");
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        var records = new RecordService.RecordServiceClient(channel);
        var health = new Health.HealthClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, $"{broker.Endpoint}/readyz"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, $"{metrics}/readyz"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);

        var ended = broker.TerminateAsync(TimeSpan.FromSeconds(30));
        while (await AskAsync(http, $"{broker.Endpoint}/readyz") == HttpStatusCode.OK)
        {
            await Task.Delay(10);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(http, $"{metrics}/readyz"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, $"{metrics}/livez"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, $"{broker.Endpoint}/livez"));

        // Over the connection that was there, and one that comes by a balancer that has not noticed yet.
        await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        using (var late = broker.Connect())
        {
            await new RecordService.RecordServiceClient(late).PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        }

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
        Assert.False(ended.IsCompleted);
        Assert.Equal(0, await ended);
    }

    [Fact]
    public async Task ASecondInstanceOnTheSameDataIsRefusedAndTheFirstGoesOn()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        using var second = broker.Launch("serve", "--data", broker.DataDirectory, "--listen", "http://127.0.0.1:0");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await second.WaitForExitAsync(timeout.Token);
        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(broker.DataDirectory, broker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", broker.Output, StringComparison.Ordinal);

        using var channel = broker.Connect();
        await new StreamService.StreamServiceClient(channel).ListStreamsAsync(new ListStreamsRequest());
    }

    [Fact]
    public async Task EveryFaultOfTheSettingsIsReportedAtOnce()
    {
        using var broker = new BrokerProcess();
        using var refused = broker.Launch(
            "serve", "--data", broker.DataDirectory, "--listen", broker.Endpoint,
            "--Broker:Limits:MaxRecordsPerBatch=0", "--Broker:Identity:AccountId=12", "--Broker:Shards:TailCacheBytes=1",
            "--Broker:Gateway:Listen=12", "--Broker:Log:FileBytes=abc", "--Broker:Log:Nothing=1");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await refused.WaitForExitAsync(timeout.Token);
        Assert.NotEqual(0, refused.ExitCode);
        foreach (var name in new[] { "Broker:Limits:MaxRecordsPerBatch", "Broker:Identity:AccountId", "Broker:Shards:TailCacheBytes", "Broker:Gateway:Listen", "Broker:Log:FileBytes", "Broker:Log:Nothing" })
        {
            Assert.Contains(name, broker.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", broker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnePortServesHttp1AndGrpcAndShrugsOffEverythingElse()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{broker.Endpoint}/healthz"))).StatusCode);
        foreach (var garbage in new byte[][] { [0, 1, 2, 3, 255, 254], "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"u8.ToArray(), "\r\n\r\n\r\n"u8.ToArray() })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, broker.Port);
            await using var stream = socket.GetStream();
            await stream.WriteAsync(garbage);
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var buffer = new byte[4096];
            try
            {
                socket.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(buffer, timeout.Token) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // Reset by the broker: as good an end as any.
            }
        }

        using var channel = broker.Connect();
        await new StreamService.StreamServiceClient(channel).ListStreamsAsync(new ListStreamsRequest());
        Assert.Equal(0, await broker.TerminateAsync(TimeSpan.FromSeconds(10)));
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string url)
    {
        using var answer = await http.GetAsync(new Uri(url));
        return answer.StatusCode;
    }
}
