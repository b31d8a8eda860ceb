using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Broker.Contracts.Shards;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Wire;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Record = Broker.V1.Record;

namespace Broker.Tests.Api;

/// <summary>A broker that compresses: nobody sees it but whoever looks at the disk.</summary>
public sealed class CompressionTests : IDisposable
{
    private const string First = "shardId-000000000000";
    private const string Middle = "170141183460469231731687303715884105728";
    private static readonly HttpClient Http = new();

    private readonly BrokerProcess broker = new("--Broker:Log:FileBytes=4194304");
    private GrpcChannel channel = null!;
    private StreamService.StreamServiceClient streams = null!;
    private RecordService.RecordServiceClient records = null!;

    public void Dispose()
    {
        channel?.Dispose();
        broker.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_come_back_by_every_way_whatever_the_setting_is_by_then(bool isEncrypted)
    {
        await StartAsync("Lz4");
        await CreateAsync("s");
        if (isEncrypted)
        {
            await streams.StartStreamEncryptionAsync(
                new StartStreamEncryptionRequest { StreamName = "s", EncryptionType = EncryptionType.Kms, KeyId = "alias/aws/kinesis" });
        }

        using var subscription = records.SubscribeToShard(new SubscribeToShardRequest
        {
            StreamName = "s",
            ShardId = First,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        });
        Assert.True(await subscription.ResponseStream.MoveNext(default));

        var expected = Events("grpc", 400).Concat(Events("aws", 400)).Concat(Events("one", 3)).ToList();
        Assert.Equal(0u, (uint)(await records.PutRecordsAsync(Put("s", Events("grpc", 400)))).FailedRecordCount);
        var answer = await AwsAsync("PutRecords", new
        {
            StreamName = "s",
            Records = Events("aws", 400).Select(text => new { Data = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), PartitionKey = text[..8] }),
        });
        Assert.Equal(0, answer.GetProperty("FailedRecordCount").GetInt32());
        foreach (var text in Events("one", 3))
        {
            await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFromUtf8(text) });
        }

        Assert.Equal(expected, await ReadAsync("s"));
        Assert.Equal(expected, await ReadAsync("s", limit: 7));
        Assert.Equal(expected, await AwsReadAsync("s"));
        Assert.Equal(expected, await FollowAsync(subscription, expected.Count));
        Assert.Equal(expected, await AwsSubscribeAsync("s", expected.Count));
        Assert.InRange(Times("\"carrier\":"), 0, 100);

        // Killed, and started with a gateway that does not compress: what is stored is read all the same, and what is new lies there as it is.
        await broker.KillAsync();
        await StartAsync("None");
        Assert.Equal(expected, await ReadAsync("s"));
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "plain", ShardCount = 1 });
        await BrokerProcess.WaitUntilActiveAsync(streams, "plain");
        await records.PutRecordsAsync(Put("plain", Events("more", 400)));
        Assert.InRange(Times("\"carrier\":"), 400, 600);
    }

    [Fact]
    public async Task Repeats_are_known_after_a_split_and_after_a_merge()
    {
        await StartAsync("Lz4");
        await CreateAsync("s");
        using var call = records.Produce();
        await call.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = "s", ProducerEpoch = 1 } });
        Assert.True(await call.ResponseStream.MoveNext(default));

        var first = await ProduceAsync(call, 1, Events("a", 300));
        await streams.SplitShardAsync(new SplitShardRequest { StreamName = "s", ShardToSplit = First, NewStartingHashKey = Middle });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        Assert.Equal(first, await ProduceAsync(call, 1, Events("a", 300)));
        var second = await ProduceAsync(call, 2, Events("b", 300));
        await streams.MergeShardsAsync(
            new MergeShardsRequest { StreamName = "s", ShardToMerge = "shardId-000000000001", AdjacentShardToMerge = "shardId-000000000002" });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        Assert.Equal(second, await ProduceAsync(call, 2, Events("b", 300)));
        Assert.Equal(first, await ProduceAsync(call, 1, Events("a", 300)));
        Assert.Equal(Events("a", 300).Concat(Events("b", 300)).Order(), (await ReadAsync("s")).Order());
    }

    [Fact]
    public async Task The_write_limit_of_a_shard_is_of_the_bytes_that_producers_sent()
    {
        await StartAsync("Lz4");
        await CreateAsync("s", StreamMode.Provisioned);

        // 4 MiB that shrink to some 20 KiB: a shard takes 1 MiB a second of them, and so a little more than a quarter at once.
        var taken = 0;
        var big = new string('x', 10 * 1024);
        for (var i = 0; i < 4; i++)
        {
            var answer = await records.PutRecordsAsync(Put("s", Enumerable.Repeat(big, 100)));
            taken += 100 - (int)answer.FailedRecordCount;
            Assert.All(
                answer.Results.Where(static record => record.ErrorCode.Length > 0),
                static record => Assert.Contains("1048576 bytes/s", record.ErrorMessage, StringComparison.Ordinal));
        }

        Assert.InRange(taken, 100, 350);
    }

    private static List<string> Events(string prefix, int count)
    {
        var random = new Random(count);
        string[] airports = ["ATL", "ORD", "DFW", "DEN", "LAX", "SFO"];
        return
        [
            .. Enumerable.Range(0, count).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"id":"{{prefix}}-{{i:0000}}","carrier":"{{"AA,DL,UA,WN".Split(',')[random.Next(4)]}}","origin":"{{airports[random.Next(6)]}}","destination":"{{airports[random.Next(6)]}}","delay":{{random.Next(-20, 180)}}}""")),
        ];
    }

    private static PutRecordsRequest Put(string name, IEnumerable<string> texts)
    {
        var request = new PutRecordsRequest { StreamName = name };
        request.Records.AddRange(texts.Select(static text => new PutRecordsEntry { PartitionKey = text[..8], Data = ByteString.CopyFromUtf8(text) }));
        return request;
    }

    private static async Task<List<string>> ProduceAsync(AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> call, ulong number, List<string> texts)
    {
        var batch = new ProduceBatch { BatchNumber = number };
        batch.Records.AddRange(texts.Select(static text => new PutRecordsEntry { PartitionKey = text[6..16], Data = ByteString.CopyFromUtf8(text) }));
        await call.RequestStream.WriteAsync(new ProduceRequest { Batch = batch });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var ack = call.ResponseStream.Current.Ack;
        Assert.Equal("", ack.ErrorCode);
        var places = new SortedDictionary<uint, string>();
        foreach (var part in ack.Parts)
        {
            Assert.True(SequenceNumber.TryParse(part.FirstSequenceNumber, out var first));
            for (var i = 0; i < part.RecordCount; i++)
            {
                places.Add(part.RecordIndexes.Count == 0 ? (uint)i : part.RecordIndexes[i], $"{part.ShardId} {first with { Position = first.Position + i }}");
            }
        }

        Assert.Equal(texts.Count, places.Count);
        return [.. places.Values];
    }

    private async Task StartAsync(string compression)
    {
        broker.Variables["Broker__Gateway__Compression"] = compression;
        await broker.StartAsync();
        channel?.Dispose();
        channel = broker.Connect();
        streams = new StreamService.StreamServiceClient(channel);
        records = new RecordService.RecordServiceClient(channel);
    }

    private async Task CreateAsync(string name, StreamMode mode = StreamMode.OnDemand)
    {
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = 1, Mode = mode });
        await BrokerProcess.WaitUntilActiveAsync(streams, name);
    }

    private async Task<List<string>> ReadAsync(string name, int limit = 0)
    {
        var all = new List<string>();
        foreach (var shard in (await streams.ListShardsAsync(new ListShardsRequest { StreamName = name })).Shards)
        {
            var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
            {
                StreamName = name,
                ShardId = shard.ShardId,
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            })).ShardIterator;
            while (iterator.Length > 0)
            {
                var page = await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = limit });
                all.AddRange(page.Records.Select(Text));
                iterator = page.Records.Count == 0 ? "" : page.NextShardIterator;
            }
        }

        return all;
    }

    private static async Task<List<string>> FollowAsync(AsyncServerStreamingCall<SubscribeToShardResponse> call, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var all = new List<string>();
        while (all.Count < count && await call.ResponseStream.MoveNext(limit.Token))
        {
            all.AddRange(call.ResponseStream.Current.Records.Select(Text));
        }

        return all;
    }

    private static string Text(Record record) => record.Data.ToStringUtf8();

    private async Task<List<string>> AwsReadAsync(string name)
    {
        var all = new List<string>();
        var iterator = (await AwsAsync("GetShardIterator", new { StreamName = name, ShardId = First, ShardIteratorType = "TRIM_HORIZON" }))
            .GetProperty("ShardIterator").GetString();
        while (true)
        {
            var page = await AwsAsync("GetRecords", new { ShardIterator = iterator, Limit = 150 });
            var texts = Texts(page);
            all.AddRange(texts);
            iterator = page.GetProperty("NextShardIterator").GetString();
            if (texts.Count == 0)
            {
                return all;
            }
        }
    }

    private async Task<List<string>> AwsSubscribeAsync(string name, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var stream = (await AwsAsync("DescribeStreamSummary", new { StreamName = name }))
            .GetProperty("StreamDescriptionSummary").GetProperty("StreamARN").GetString();
        var consumer = (await AwsAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "c" }))
            .GetProperty("Consumer").GetProperty("ConsumerARN").GetString();
        using var request = Request("SubscribeToShard", new { ConsumerARN = consumer, ShardId = First, StartingPosition = new { Type = "TRIM_HORIZON" } });
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
        var all = new List<string>();
        while (all.Count < count && await EventFrame.ReadAsync(body, limit.Token) is { } frame)
        {
            if (frame.Type == "SubscribeToShardEvent")
            {
                using var page = JsonDocument.Parse(frame.Payload);
                all.AddRange(Texts(page.RootElement));
            }
        }

        return all;
    }

    private static List<string> Texts(JsonElement page) =>
        [.. page.GetProperty("Records").EnumerateArray().Select(static record => Encoding.UTF8.GetString(record.GetProperty("Data").GetBytesFromBase64()))];

    private async Task<JsonElement> AwsAsync(string operation, object body)
    {
        using var request = Request(operation, body);
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private HttpRequestMessage Request(string operation, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, broker.Endpoint) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Target", $"Kinesis_20131202.{operation}");
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00");
        request.Headers.Add("X-Amz-Date", "20260101T000000Z");
        return request;
    }

    /// <summary>How often a text is in the data directory.</summary>
    private int Times(string text)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        var times = 0;
        foreach (var path in Directory.EnumerateFiles(broker.DataDirectory, "*.journal", SearchOption.AllDirectories))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            var rest = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            for (int at; (at = rest.IndexOf(sought)) >= 0; times++)
            {
                rest = rest[(at + sought.Length)..];
            }
        }

        return times;
    }
}
