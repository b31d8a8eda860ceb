using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Encryption;

/// <summary>Encryption as gRPC's clients see it.</summary>
public sealed class EncryptionServiceTests : IDisposable
{
    private readonly string keyFile = Path.Combine(Path.GetTempPath(), $"broker-keys-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(keyFile);

    [Fact]
    public async Task Records_tell_how_they_are_stored_and_a_lost_key_ends_puts_reads_and_subscriptions()
    {
        WriteKey("Enabled");
        var cluster = new FakeCluster(1);
        await using var server = await StartAsync(cluster);
        var clear = await server.Records.PutRecordAsync(Put("clear"));
        Assert.Equal(V1.EncryptionType.None, clear.EncryptionType);
        var summary = await DescribeAsync(server);
        Assert.Equal((V1.EncryptionType.None, ""), (summary.EncryptionType, summary.KeyId));

        await server.Streams.StartStreamEncryptionAsync(new() { StreamName = "s", EncryptionType = V1.EncryptionType.Kms, KeyId = "alias/orders" });
        summary = await DescribeAsync(server);
        Assert.Equal((V1.EncryptionType.Kms, "alias/orders"), (summary.EncryptionType, summary.KeyId));
        Assert.Equal(V1.EncryptionType.Kms, (await server.Records.PutRecordAsync(Put("secret"))).EncryptionType);
        var many = new V1.PutRecordsRequest { StreamName = "s" };
        many.Records.Add(new V1.PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFromUtf8("secret") });
        Assert.Equal(V1.EncryptionType.Kms, (await server.Records.PutRecordsAsync(many)).EncryptionType);

        var start = new V1.StartingPosition { Type = V1.ShardIteratorType.TrimHorizon };
        var iterator = await server.Records.GetShardIteratorAsync(new() { StreamName = "s", ShardId = "shardId-000000000000", StartingPosition = start });
        var page = await server.Records.GetRecordsAsync(new() { ShardIterator = iterator.ShardIterator });
        var rest = await server.Records.GetRecordsAsync(new() { ShardIterator = page.NextShardIterator });
        Assert.Equal(
            [("clear", V1.EncryptionType.Unspecified), ("secret", V1.EncryptionType.Kms), ("secret", V1.EncryptionType.Kms)],
            page.Records.Concat(rest.Records).Select(static record => (record.Data.ToStringUtf8(), record.EncryptionType)));

        using var subscription = server.Records.SubscribeToShard(new() { StreamName = "s", ShardId = "shardId-000000000000", StartingPosition = start });
        var seen = new List<string>();
        while (seen.Count < 3 && await subscription.ResponseStream.MoveNext(default))
        {
            seen.AddRange(subscription.ResponseStream.Current.Records.Select(static record => record.Data.ToStringUtf8()));
        }

        Assert.Equal(["clear", "secret", "secret"], seen);
    }

    [Fact]
    public async Task Another_gateway_without_the_key_serves_nothing_of_it()
    {
        WriteKey("Enabled");
        var cluster = new FakeCluster(1);
        await using (var server = await StartAsync(cluster))
        {
            await server.Streams.StartStreamEncryptionAsync(new() { StreamName = "s", EncryptionType = V1.EncryptionType.Kms, KeyId = "alias/orders" });
            await server.Records.PutRecordAsync(Put("secret"));
        }

        WriteKey("Disabled");
        await using var other = await StartAsync(cluster);
        var many = new V1.PutRecordsRequest { StreamName = "s" };
        many.Records.Add(new V1.PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFromUtf8("more") });
        var start = new V1.StartingPosition { Type = V1.ShardIteratorType.TrimHorizon };
        var iterator = await other.Records.GetShardIteratorAsync(new() { StreamName = "s", ShardId = "shardId-000000000000", StartingPosition = start });
        await FailsAsync("KMS_DISABLED", async () => await other.Records.PutRecordAsync(Put("more")));
        await FailsAsync("KMS_DISABLED", async () => await other.Records.PutRecordsAsync(many));
        await FailsAsync("KMS_DISABLED", async () => await other.Records.GetRecordsAsync(new() { ShardIterator = iterator.ShardIterator }));
        await FailsAsync("KMS_DISABLED", async () =>
        {
            using var subscription = other.Records.SubscribeToShard(new() { StreamName = "s", ShardId = "shardId-000000000000", StartingPosition = start });
            while (await subscription.ResponseStream.MoveNext(default))
            {
                Assert.Empty(subscription.ResponseStream.Current.Records);
            }
        });
        await FailsAsync("KMS_DISABLED", async () => await other.Streams.StartStreamEncryptionAsync(
            new() { StreamName = "s", EncryptionType = V1.EncryptionType.Kms, KeyId = "k1" }));

        // AWS's clients are told the same, of the whole request.
        using var http = new HttpClient();
        foreach (var (operation, body) in new[]
        {
            ("PutRecord", """{"StreamName":"s","PartitionKey":"k","Data":"eA=="}"""),
            ("PutRecords", """{"StreamName":"s","Records":[{"PartitionKey":"k","Data":"eA=="}]}"""),
            ("GetRecords", $$"""{"ShardIterator":"{{iterator.ShardIterator}}"}"""),
            ("StartStreamEncryption", """{"StreamName":"s","EncryptionType":"KMS","KeyId":"k1"}"""),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, other.Address)
            {
                Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)),
            };
            request.Content.Headers.Add("Content-Type", "application/x-amz-json-1.1");
            request.Headers.Add("X-Amz-Target", $"Kinesis_20131202.{operation}");
            request.Headers.TryAddWithoutValidation(
                "Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00");
            request.Headers.Add("X-Amz-Date", "20260101T000000Z");
            using var answer = await http.SendAsync(request);
            Assert.Equal((operation, 400), (operation, (int)answer.StatusCode));
            Assert.Contains("KMSDisabledException", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_no_key_or_no_type_is_refused()
    {
        WriteKey("Enabled");
        await using var server = await StartAsync(new FakeCluster(1));
        foreach (var (type, key, reason) in new[]
        {
            (V1.EncryptionType.None, "k1", "INVALID_ARGUMENT"),
            (V1.EncryptionType.Unspecified, "k1", "INVALID_ARGUMENT"),
            (V1.EncryptionType.Kms, "", "INVALID_ARGUMENT"),
            (V1.EncryptionType.Kms, new string('k', 2_049), "INVALID_ARGUMENT"),
            (V1.EncryptionType.Kms, "k2", "KMS_NOT_FOUND"),
        })
        {
            await FailsAsync(reason, async () => await server.Streams.StartStreamEncryptionAsync(
                new() { StreamName = "s", EncryptionType = type, KeyId = key }));
            if (reason == "INVALID_ARGUMENT")
            {
                await FailsAsync(reason, async () => await server.Streams.StopStreamEncryptionAsync(
                    new() { StreamName = "s", EncryptionType = type, KeyId = key }));
            }
        }

        await FailsAsync("RESOURCE_NOT_FOUND", async () => await server.Streams.StartStreamEncryptionAsync(
            new() { StreamName = "other", EncryptionType = V1.EncryptionType.Kms, KeyId = "k1" }));
    }

    private static V1.PutRecordRequest Put(string data) => new() { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFromUtf8(data) };

    private static async Task<V1.StreamDescription> DescribeAsync(GatewayServer server) =>
        (await server.Streams.DescribeStreamSummaryAsync(new() { StreamName = "s" })).Stream;

    private static async Task FailsAsync(string reason, Func<Task> call) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<RpcException>(call)).GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);

    private Task<GatewayServer> StartAsync(FakeCluster cluster) => GatewayServer.StartAsync(cluster, ("Broker:Encryption:KeyFile", keyFile));

    private void WriteKey(string state) => File.WriteAllText(
        keyFile,
        $$"""{ "keys": [{ "keyId": "k1", "material": "{{Convert.ToBase64String(new byte[32])}}", "state": "{{state}}", "aliases": ["alias/orders"] }] }""");
}
