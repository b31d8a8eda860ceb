using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>An SDK that repeats a put under its invocation id makes no duplicate, whatever became of the first attempt.</summary>
[Collection("api")]
public sealed class AwsRetryTests(ApiFixture broker)
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task APutThatIsRepeatedUnderItsInvocationIdIsTakenOnce()
    {
        var name = await broker.CreateAsync(shards: 2);
        var body = Body(name, 20);
        var first = await PutAsync(body, "one");
        Assert.Equal(first.GetRawText(), (await PutAsync(body, "one")).GetRawText());
        Assert.NotEqual(first.GetRawText(), (await PutAsync(body, "two")).GetRawText());
        Assert.NotEqual(first.GetRawText(), (await PutAsync(body, null)).GetRawText());
        Assert.Equal(60, await CountAsync(name));
    }

    [Fact]
    public async Task ARepeatIsKnownAfterASplitAndAfterAMerge()
    {
        var name = await broker.CreateAsync(shards: 1);
        var body = Body(name, 20);
        var first = (await PutAsync(body, "split")).GetRawText();
        var shard = (await broker.ShardsAsync(name))[0];
        await broker.Streams.SplitShardAsync(new SplitShardRequest
        {
            StreamName = name,
            ShardToSplit = shard.ShardId,
            NewStartingHashKey = "170141183460469231731687303715884105728",
        });
        await broker.ActiveAsync(name);
        Assert.Equal(first, (await PutAsync(body, "split")).GetRawText());
        var both = (await PutAsync(body, "both")).GetRawText();
        await broker.Streams.MergeShardsAsync(new MergeShardsRequest
        {
            StreamName = name,
            ShardToMerge = "shardId-000000000001",
            AdjacentShardToMerge = "shardId-000000000002",
        });
        await broker.ActiveAsync(name);
        Assert.Equal(both, (await PutAsync(body, "both")).GetRawText());
        Assert.Equal(first, (await PutAsync(body, "split")).GetRawText());
        Assert.Equal(40, await CountAsync(name));
    }

    [Fact]
    public async Task OfAPutThatTheLimitCutTheRepeatTellsTheSame()
    {
        var name = await broker.CreateAsync(shards: 1, StreamMode.Provisioned);
        var taken = 0;
        for (var i = 0; ; i++)
        {
            Assert.True(i < 20, "The limit of 1,000 records a second was never met.");
            var body = Body(name, 400);
            var first = await PutAsync(body, $"cut-{i}");
            taken += 400 - Failed(first);
            if (Failed(first) is 0 or 400)
            {
                continue;
            }

            var repeat = await PutAsync(body, $"cut-{i}");
            Assert.Equal(Numbers(first), Numbers(repeat));
            Assert.All(
                repeat.GetProperty("Records").EnumerateArray().Where(record => record.TryGetProperty("ErrorCode", out _)),
                record => Assert.Equal("ProvisionedThroughputExceededException", record.GetProperty("ErrorCode").GetString()));
            break;
        }

        Assert.Equal(taken, await CountAsync(name));

        static int Failed(JsonElement answer) => answer.GetProperty("FailedRecordCount").GetInt32();

        static List<string?> Numbers(JsonElement answer) =>
        [
            .. answer.GetProperty("Records").EnumerateArray()
                .Select(record => record.TryGetProperty("SequenceNumber", out var number) ? number.GetString() : null),
        ];
    }

    [Fact]
    public async Task OfARepeatThatTheLimitKeepsOutNothingIsSaidRecordByRecord()
    {
        var name = await broker.CreateAsync(shards: 1, StreamMode.Provisioned);
        var body = Body(name, 400);
        for (var i = 0; ; i++)
        {
            Assert.True(i < 20, "The limit of 1,000 records a second was never met.");
            await PutAsync(body, $"fill-{i}");

            // The first attempt may be on its way through another gateway: told one by one, the records would be put anew beside it.
            var (status, answer) = await SendAsync(body, $"repeat-{i}", "attempt=2; max=3");
            if (status == HttpStatusCode.OK)
            {
                Assert.Equal(0, answer.GetProperty("FailedRecordCount").GetInt32());
                continue;
            }

            Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailableException"), (status, answer.GetProperty("__type").GetString()));
            break;
        }
    }

    private static string Body(string name, int records) => JsonSerializer.Serialize(new
    {
        StreamName = name,
        Records = Enumerable.Range(0, records).Select(i => new { Data = Convert.ToBase64String(Encoding.UTF8.GetBytes($"record {i}")), PartitionKey = $"key-{i}" }),
    });

    private async Task<JsonElement> PutAsync(string body, string? invocationId)
    {
        var (status, answer) = await SendAsync(body, invocationId, attempt: null);
        Assert.True(status == HttpStatusCode.OK, answer.GetRawText());
        return answer;
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(string body, string? invocationId, string? attempt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, broker.Broker.Endpoint) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Target", "Kinesis_20131202.PutRecords");
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00");
        request.Headers.Add("X-Amz-Date", "20260101T000000Z");
        if (invocationId is not null)
        {
            request.Headers.Add("amz-sdk-invocation-id", invocationId);
        }

        if (attempt is not null)
        {
            request.Headers.Add("amz-sdk-request", attempt);
        }

        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<int> CountAsync(string name)
    {
        var count = 0;
        foreach (var shard in await broker.ShardsAsync(name))
        {
            var iterator = await broker.IteratorAsync(name, shard.ShardId, ShardIteratorType.TrimHorizon);
            while (iterator.Length > 0)
            {
                var page = await broker.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
                count += page.Records.Count;
                if (page.Records.Count == 0)
                {
                    break;
                }

                iterator = page.NextShardIterator;
            }
        }

        return count;
    }
}
