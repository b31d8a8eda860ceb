using System.Buffers.Binary;
using System.Net;
using System.Text;
using Xunit;

namespace Broker.Tests.Conformance.Wire;

/// <summary>CBOR on the wire, byte for byte: timestamps as tag 1 with epoch milliseconds in AWS CBOR 1.1, blobs as byte strings.</summary>
[Collection("conformance")]
public sealed class CborTests(ConformanceFixture conformance)
{
    private const byte UnixTime = 0xC1;
    private const byte Int64 = 0x1B;
    private const byte Double = 0xFB;

    [Fact]
    public void RequestsAreTheBytesOfTheJavaSdk()
    {
        // {"StreamName": "s", "Data": h'00ff', "Timestamp": 1(1700000000123)}
        var input = new Dictionary<string, object?>
        {
            ["StreamName"] = "s",
            ["Data"] = new byte[] { 0, 255 },
            ["Timestamp"] = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
        };
        Assert.Equal(
            "A3" + "6A53747265616D4E616D65" + "6173" + "6444617461" + "4200FF" + "6954696D657374616D70" + "C11B0000018BCFE5687B",
            Convert.ToHexString(WireCodec.Encode(WireProtocol.AwsCbor, input)));
        Assert.EndsWith("C1FB41D954FC4007DF3B", Convert.ToHexString(WireCodec.Encode(WireProtocol.RpcV2Cbor, input)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WireProtocol.AwsCbor)]
    [InlineData(WireProtocol.RpcV2Cbor)]
    public async Task RecordsGoThroughAsByteStringsAndTimesAsTag1(WireProtocol protocol)
    {
        var name = await conformance.CreateStreamAsync(1, protocol);
        var before = DateTimeOffset.UtcNow;

        // {"StreamName": NAME, "PartitionKey": "k", "Data": h'00ff80'}, of indefinite length, as some encoders write maps.
        byte[] body =
        [
            0xBF, .. Text("StreamName"), .. Text(name), .. Text("PartitionKey"), .. Text("k"), .. Text("Data"), 0x5F, 0x41, 0x00, 0x42, 0xFF, 0x80, 0xFF, 0xFF,
        ];
        var put = await conformance.Aws.CallRawAsync(protocol, "PutRecord", body);
        Assert.Equal((HttpStatusCode.OK, AwsClient.ContentTypeOf(protocol)), (put.Status, put.ContentType));
        Assert.Matches(@"^\d{56}$", (string)put.Body["SequenceNumber"]!);

        var page = await ReadAsync(protocol, name, new Dictionary<string, object?> { ["ShardIteratorType"] = "TRIM_HORIZON" });
        var record = (Dictionary<string, object?>)Assert.Single((List<object?>)page.Body["Records"]!)!;
        Assert.Equal(new byte[] { 0, 255, 128 }, record["Data"]);
        Assert.Equal(new byte[] { 0x43, 0x00, 0xFF, 0x80 }, After(page.Bytes, "Data", 4));
        var arrived = (DateTimeOffset)record["ApproximateArrivalTimestamp"]!;
        Assert.InRange(arrived, before.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2));
        var wire = After(page.Bytes, "ApproximateArrivalTimestamp", 10);
        Assert.Equal(UnixTime, wire[0]);
        Assert.Equal(protocol == WireProtocol.AwsCbor ? Int64 : Double, wire[1]);
        if (protocol == WireProtocol.AwsCbor)
        {
            Assert.Equal(arrived.ToUnixTimeMilliseconds(), BinaryPrimitives.ReadInt64BigEndian(wire.AsSpan(2)));
        }
    }

    [Theory]
    [InlineData(WireProtocol.Json)]
    [InlineData(WireProtocol.AwsCbor)]
    [InlineData(WireProtocol.RpcV2Cbor)]
    public async Task TimestampsOfRequestsAreReadInTheProtocolsUnit(WireProtocol protocol)
    {
        var name = await conformance.CreateStreamAsync(1, protocol);
        foreach (var data in (byte[])[1, 2])
        {
            var put = await conformance.Aws.CallAsync(protocol, "PutRecord", new Dictionary<string, object?>
            {
                ["StreamName"] = name,
                ["PartitionKey"] = "k",
                ["Data"] = new[] { data },
            });
            Assert.Equal(HttpStatusCode.OK, put.Status);
        }

        // Milliseconds taken for seconds would lie in the future, seconds taken for milliseconds in 1970: both read otherwise than an hour ago and a day ahead.
        var early = await ReadAsync(protocol, name, At(DateTimeOffset.UtcNow.AddHours(-1)));
        Assert.Equal(2, ((List<object?>)early.Body["Records"]!).Count);
        var late = await conformance.Aws.CallAsync(protocol, "GetShardIterator", Of(name, At(DateTimeOffset.UtcNow.AddDays(1))));
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgumentException"), (late.Status, late.Error));

        static Dictionary<string, object?> At(DateTimeOffset time) => new() { ["ShardIteratorType"] = "AT_TIMESTAMP", ["Timestamp"] = time };
    }

    [Theory]
    [InlineData(WireProtocol.AwsCbor, "")]
    [InlineData(WireProtocol.AwsCbor, "A1")]
    [InlineData(WireProtocol.AwsCbor, "FFFFFFFF")]
    [InlineData(WireProtocol.AwsCbor, "83010203")]
    [InlineData(WireProtocol.AwsCbor, "BB7FFFFFFFFFFFFFFF")]
    [InlineData(WireProtocol.RpcV2Cbor, "A1")]
    [InlineData(WireProtocol.RpcV2Cbor, "83010203")]
    public async Task BrokenBodiesAreSerializationErrors(WireProtocol protocol, string hex)
    {
        var answer = await conformance.Aws.CallRawAsync(protocol, "PutRecord", Convert.FromHexString(hex));
        Assert.Equal((HttpStatusCode.BadRequest, "SerializationException"), (answer.Status, answer.Error));
    }

    [Theory]
    [InlineData(WireProtocol.Json)]
    [InlineData(WireProtocol.AwsCbor)]
    [InlineData(WireProtocol.RpcV2Cbor)]
    public async Task SubscriptionsBeginWithTheInitialResponse(WireProtocol protocol)
    {
        var name = await conformance.CreateStreamAsync(1, protocol);
        var arn = $"arn:aws:kinesis:{ConformanceFixture.Region}:{ConformanceFixture.Account}:stream/{name}";
        var registered = await conformance.Aws.CallAsync(
            protocol, "RegisterStreamConsumer", new Dictionary<string, object?> { ["StreamARN"] = arn, ["ConsumerName"] = "c" });
        var consumer = (string)((Dictionary<string, object?>)registered.Body["Consumer"]!)["ConsumerARN"]!;
        await ConformanceFixture.EventuallyAsync(async () =>
        {
            var told = await conformance.Aws.CallAsync(protocol, "DescribeStreamConsumer", new Dictionary<string, object?> { ["ConsumerARN"] = consumer });
            return (string?)((Dictionary<string, object?>)told.Body["ConsumerDescription"]!)["ConsumerStatus"] == "ACTIVE";
        });
        await conformance.Aws.CallAsync(protocol, "PutRecord", new Dictionary<string, object?>
        {
            ["StreamName"] = name,
            ["PartitionKey"] = "k",
            ["Data"] = new byte[] { 7 },
        });
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var answer = await conformance.Aws.SubscribeAsync(
            protocol,
            new Dictionary<string, object?>
            {
                ["ConsumerARN"] = consumer,
                ["ShardId"] = "shardId-000000000000",
                ["StartingPosition"] = new Dictionary<string, object?> { ["Type"] = "TRIM_HORIZON" },
            },
            timeout.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/vnd.amazon.eventstream", answer.Content.Headers.ContentType?.ToString());
        await using var events = await answer.Content.ReadAsStreamAsync(timeout.Token);

        var first = (await EventFrame.ReadAsync(events, timeout.Token))!;
        Assert.Equal(("event", "initial-response"), (first.Headers[":message-type"], first.Type));
        Assert.Equal(AwsClient.ContentTypeOf(protocol), first.Headers[":content-type"]);
        Assert.Empty((IDictionary<string, object?>)WireCodec.Decode(protocol, first.Payload)!);

        var records = new List<object?>();
        while (records.Count == 0)
        {
            var frame = (await EventFrame.ReadAsync(events, timeout.Token))!;
            Assert.Equal(("event", "SubscribeToShardEvent"), (frame.Headers[":message-type"], frame.Type));
            Assert.Equal(AwsClient.ContentTypeOf(protocol), frame.Headers[":content-type"]);
            var body = (IDictionary<string, object?>)WireCodec.Decode(protocol, frame.Payload)!;
            Assert.Matches(@"^\d{56}$", (string)body["ContinuationSequenceNumber"]!);
            Assert.IsType<long>(body["MillisBehindLatest"]);
            records.AddRange((List<object?>)body["Records"]!);
        }

        var data = ((Dictionary<string, object?>)records[0]!)["Data"];
        Assert.Equal(new byte[] { 7 }, data is string base64 ? Convert.FromBase64String(base64) : (byte[])data!);
    }

    private static byte[] Text(string text) => [(byte)(0x60 + text.Length), .. Encoding.UTF8.GetBytes(text)];

    /// <summary>The bytes that follow a member's name, of which each is looked for once.</summary>
    private static byte[] After(byte[] body, string name, int count)
    {
        var at = body.AsSpan().IndexOf(Text(name).Length > 24 ? [0x78, (byte)name.Length, .. Encoding.UTF8.GetBytes(name)] : Text(name));
        Assert.True(at >= 0, $"{name} is not in {Convert.ToHexString(body)}");
        return body.AsSpan(at + name.Length + (name.Length > 23 ? 2 : 1), count).ToArray();
    }

    private static Dictionary<string, object?> Of(string name, Dictionary<string, object?> position) =>
        new(position) { ["StreamName"] = name, ["ShardId"] = "shardId-000000000000" };

    private async Task<AwsAnswer> ReadAsync(WireProtocol protocol, string name, Dictionary<string, object?> position)
    {
        var iterator = await conformance.Aws.CallAsync(protocol, "GetShardIterator", Of(name, position));
        Assert.Equal(HttpStatusCode.OK, iterator.Status);
        var page = await conformance.Aws.CallAsync(
            protocol, "GetRecords", new Dictionary<string, object?> { ["ShardIterator"] = iterator.Body["ShardIterator"] });
        Assert.Equal(HttpStatusCode.OK, page.Status);
        return page;
    }
}
