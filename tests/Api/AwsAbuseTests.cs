using System.Net.Sockets;
using System.Text;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Clients that announce what they do not send, and ask for what they do not read, hold nobody up and cost bounded memory.</summary>
public sealed class AwsAbuseTests
{
    private const string Credentials = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00";

    [Fact]
    public async Task BodiesThatDoNotComeHoldNobodyUp()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        var idle = new List<TcpClient>();
        for (var i = 0; i < 40; i++)
        {
            idle.Add(await SendAsync(broker, "PutRecords", "", contentLength: 16 * 1024 * 1024));
        }

        var body = $$"""{"StreamName":"none","Records":[{"PartitionKey":"a","Data":"{{new string('A', 1024 * 1024)}}"}]}""";
        using var real = await SendAsync(broker, "PutRecords", body, body.Length);
        var answer = await new StreamReader(real.GetStream()).ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("HTTP/1.1 400 Bad Request", answer);
        using var again = await SendAsync(broker, "PutRecords", body, body.Length);
        Assert.Contains("ResourceNotFoundException", await ReadAsync(again), StringComparison.Ordinal);
        idle.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task AnswersThatAreNotReadAreBoundedAndCutOff()
    {
        using var broker = new BrokerProcess("--Broker:Gateway:MaxAnswerBytesInFlight=50000000", "--Broker:Gateway:AnswerTimeout=00:00:03");
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        var records = new RecordService.RecordServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1, Mode = StreamMode.OnDemand });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        for (var i = 0; i < 10; i++)
        {
            var data = ByteString.CopyFrom(new byte[1_000_000]);
            await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "a", Data = data });
        }

        var iterator = await records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        });
        var body = $$"""{"ShardIterator":"{{iterator.ShardIterator}}"}""";
        var unread = new List<TcpClient>();
        for (var i = 0; i < 12; i++)
        {
            unread.Add(await SendAsync(broker, "GetRecords", body, body.Length, receiveBytes: 4096));
        }

        // Some are refused, none is answered whole: until the unread ones are cut off.
        string answer;
        do
        {
            using var client = await SendAsync(broker, "GetRecords", body, body.Length);
            answer = await ReadAsync(client);
        }
        while (answer.Contains("MaxAnswerBytesInFlight", StringComparison.Ordinal));
        Assert.Contains("MillisBehindLatest", answer, StringComparison.Ordinal);
        unread.ForEach(client => client.Dispose());
    }

    private static async Task<TcpClient> SendAsync(BrokerProcess broker, string operation, string body, int contentLength, int receiveBytes = 65_536)
    {
        var client = new TcpClient { ReceiveBufferSize = receiveBytes };
        await client.ConnectAsync("127.0.0.1", broker.Port);
        var head = $"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Kinesis_20131202.{operation}\r\n"
            + $"Authorization: {Credentials}\r\nX-Amz-Date: 20260101T000000Z\r\nConnection: close\r\nContent-Length: {contentLength}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + body));
        return client;
    }

    private static Task<string> ReadAsync(TcpClient client) =>
        new StreamReader(client.GetStream()).ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
}
