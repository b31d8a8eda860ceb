using Broker.Cli.Client;
using Broker.Gateway.Grpc.Access;
using Broker.Kcl.Connection;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>gRPC with authentication on: who may call, who may do what, and that no method is forgotten.</summary>
public sealed class GrpcAccessTests : IDisposable
{
    private const string Keys = """
        {"keys": [
            {"accessKeyId": "ADMIN", "secretAccessKey": "s", "user": "admin", "policies": [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]},
            {"accessKeyId": "NOBODY", "secretAccessKey": "s", "user": "nobody"},
            {"accessKeyId": "WRITER", "secretAccessKey": "s", "user": "writer", "policies": [
                {"Statement": {"Effect": "Allow", "Action": "kinesis:Put*", "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}}]},
            {"accessKeyId": "CREATOR", "secretAccessKey": "s", "user": "creator", "policies": [
                {"Statement": {"Effect": "Allow", "Action": ["kinesis:CreateStream", "kinesis:RegisterStreamConsumer"], "Resource": "*"}}]},
            {"accessKeyId": "TAGGER", "secretAccessKey": "s", "user": "tagger", "policies": [{"Statement": [
                {"Effect": "Allow", "Action": ["kinesis:RegisterStreamConsumer"], "Resource": "*"},
                {"Effect": "Allow", "Action": ["kinesis:TagResource"], "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/*"}]}]},
            {"accessKeyId": "TOKEN", "secretAccessKey": "s", "sessionToken": "t", "user": "admin", "policies": [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]}
        ]}
        """;

    private readonly string file = Path.GetTempFileName();

    public GrpcAccessTests() => File.WriteAllText(file, Keys);

    [Fact]
    public void Every_method_has_an_entry()
    {
        var methods = new[] { V1.StreamService.Descriptor, V1.RecordService.Descriptor, V1.ApplicationService.Descriptor }
            .SelectMany(static service => service.Methods.Select(method => $"/{service.FullName}/{method.Name}"));
        Assert.All(methods, static method => Assert.NotNull(GrpcOperations.Find(method)));
        Assert.False(GrpcOperations.IsOpen("/broker.v1.StreamService/ListStreams"));
    }

    [Fact]
    public async Task A_key_with_its_policies_may_do_what_they_allow_and_nothing_else()
    {
        await using var server = await StartAsync();
        using var writer = Connect(server, "WRITER");
        await writer.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.Empty });
        await ProduceAsync(writer, "s");
        await DeniedAsync(
            async () => await writer.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" }),
            "User: arn:aws:iam::000000000000:user/writer is not authorized to perform: kinesis:DescribeStreamSummary on resource: "
            + "arn:aws:kinesis:us-east-1:000000000000:stream/s because no identity-based policy allows the kinesis:DescribeStreamSummary action");
        await DeniedAsync(
            async () => await writer.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "other", PartitionKey = "k" }), "kinesis:PutRecord on resource: arn:aws:kinesis:us-east-1:000000000000:stream/other");
        await DeniedAsync(() => ProduceAsync(writer, "other"), "kinesis:PutRecords");
        await DeniedAsync(
            async () =>
            {
                using var call = writer.Records.SubscribeToShard(new V1.SubscribeToShardRequest { StreamName = "s", ShardId = "shardId-000000000000" });
                await call.ResponseStream.MoveNext(default);
            },
            "kinesis:SubscribeToShard");
    }

    [Fact]
    public async Task Every_operation_is_refused_to_who_has_no_policies()
    {
        await using var server = await StartAsync();
        using var admin = Connect(server, "ADMIN");
        using var nobody = Connect(server, "NOBODY");
        var iterator = (await admin.Records.GetShardIteratorAsync(new V1.GetShardIteratorRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new V1.StartingPosition { Type = V1.ShardIteratorType.TrimHorizon },
        })).ShardIterator;
        await admin.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = iterator });
        await DeniedAsync(async () => await nobody.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = iterator }), "kinesis:GetRecords on resource: arn:aws:kinesis:us-east-1:000000000000:stream/s ");
        var token = (await admin.Streams.ListShardsAsync(new V1.ListShardsRequest { StreamName = "s", MaxResults = 1 })).NextToken;
        await DeniedAsync(async () => await nobody.Streams.ListShardsAsync(new V1.ListShardsRequest { NextToken = token }), "kinesis:ListShards on resource: arn:aws:kinesis:us-east-1:000000000000:stream/s ");
        await DeniedAsync(async () => await nobody.Streams.ListStreamsAsync(new V1.ListStreamsRequest()), "kinesis:ListStreams on resource: * ");
        await DeniedAsync(async () => await nobody.Streams.DeleteStreamAsync(new V1.DeleteStreamRequest { StreamName = "s" }), "kinesis:DeleteStream");
        await DeniedAsync(
            async () => await nobody.Streams.DescribeStreamConsumerAsync(new V1.DescribeStreamConsumerRequest { StreamName = "s", ConsumerName = "c" }),
            "kinesis:DescribeStreamConsumer on resource: arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:");
    }

    [Fact]
    public async Task Tags_that_come_with_something_new_want_leave_of_their_own()
    {
        await using var server = await StartAsync();
        using var creator = Connect(server, "CREATOR");
        var create = new V1.CreateStreamRequest { StreamName = "t", Tags = { ["a"] = "b" } };
        await DeniedAsync(
            async () => await creator.Streams.CreateStreamAsync(create),
            "kinesis:AddTagsToStream on resource: arn:aws:kinesis:us-east-1:000000000000:stream/t ");
        var register = new V1.RegisterStreamConsumerRequest { StreamName = "s", ConsumerName = "c", Tags = { ["a"] = "b" } };
        const string Denied = "kinesis:TagResource on resource: arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:* ";
        await DeniedAsync(async () => await creator.Streams.RegisterStreamConsumerAsync(register), Denied);
        await creator.Streams.RegisterStreamConsumerAsync(new V1.RegisterStreamConsumerRequest { StreamName = "s", ConsumerName = "plain" });

        const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
        using var aws = new AwsCalls(server.Address) { AccessKeyId = "CREATOR", SecretKey = "s" };
        var answer = await aws.SendAsync("CreateStream", """{"StreamName":"t","ShardCount":1,"Tags":{"a":"b"}}""");
        Assert.Contains("kinesis:AddTagsToStream on resource: arn:aws:kinesis:us-east-1:000000000000:stream/t ", answer, StringComparison.Ordinal);
        var tagged = $$$"""{"StreamARN":"{{{Arn}}}","ConsumerName":"c","Tags":{"a":"b"}}""";
        Assert.Contains(Denied, await aws.SendAsync("RegisterStreamConsumer", tagged), StringComparison.Ordinal);

        using var tagger = Connect(server, "TAGGER");
        await tagger.Streams.RegisterStreamConsumerAsync(register);
        aws.AccessKeyId = "TAGGER";
        Assert.Contains("ConsumerARN", await aws.SendAsync("RegisterStreamConsumer", tagged), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTHER", "s", null, "us-east-1", "UNRECOGNIZED_CLIENT")]
    [InlineData("ADMIN", "wrong", null, "us-east-1", "INVALID_SIGNATURE")]
    [InlineData("ADMIN", "s", "t", "us-east-1", "UNRECOGNIZED_CLIENT")]
    [InlineData("TOKEN", "s", null, "us-east-1", "UNRECOGNIZED_CLIENT")]
    [InlineData("ADMIN", "s", null, "eu-west-1", "INVALID_SIGNATURE")]
    public async Task A_key_that_does_not_fit_is_refused(string id, string secret, string? token, string region, string reason)
    {
        await using var server = await StartAsync();
        using var client = BrokerConnection.Open(new BrokerEndpoint(server.Address, new BrokerCredentials(id, secret, region, token)));
        await UnauthenticatedAsync(async () => await client.Streams.ListStreamsAsync(new V1.ListStreamsRequest()), reason);
        await UnauthenticatedAsync(() => ProduceAsync(client, "s"), reason);
    }

    [Fact]
    public async Task A_token_is_sent_with_its_key()
    {
        await using var server = await StartAsync();
        using var client = BrokerConnection.Open(new BrokerEndpoint(server.Address, new BrokerCredentials("TOKEN", "s", "us-east-1", "t")));
        await client.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
    }

    [Fact]
    public async Task Without_a_signature_only_health_answers()
    {
        await using var server = await StartAsync();
        await UnauthenticatedAsync(async () => await server.Streams.ListStreamsAsync(new V1.ListStreamsRequest()), "MISSING_AUTHENTICATION_TOKEN");
        var health = new global::Grpc.Health.V1.Health.HealthClient(server.Channel);
        Assert.Equal(global::Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new())).Status);
        await UnauthenticatedAsync(() => ReflectAsync(server.Channel.CreateCallInvoker()), "MISSING_AUTHENTICATION_TOKEN");
        using var nobody = Connect(server, "NOBODY");
        await ReflectAsync(nobody.Invoker);
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }

    [Fact]
    public async Task A_signature_is_not_good_for_another_method()
    {
        await using var server = await StartAsync();
        using var handler = new Recorder();
        using (var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress(server.Address, new() { HttpHandler = new SigningHandler(new BrokerCredentials("ADMIN", "s", "us-east-1", null), TimeProvider.System, handler) }))
        {
            await new V1.StreamService.StreamServiceClient(channel).DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
        }

        var replay = new Metadata();
        foreach (var name in new[] { "authorization", "x-amz-date", "x-amz-content-sha256" })
        {
            replay.Add(name, handler.Headers[name]);
        }

        await server.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" }, replay);
        await UnauthenticatedAsync(async () => await server.Streams.DeleteStreamAsync(new V1.DeleteStreamRequest { StreamName = "s" }, replay), "INVALID_SIGNATURE");
    }

    [Fact]
    public async Task Without_authentication_signed_calls_pass_whatever_they_are_signed_with()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(2));
        using var client = Connect(server, "ANYBODY");
        await client.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
        await server.Streams.DescribeStreamSummaryAsync(new V1.DescribeStreamSummaryRequest { StreamName = "s" });
    }

    public void Dispose() => File.Delete(file);

    private Task<GatewayServer> StartAsync() =>
        GatewayServer.StartAsync(new FakeCluster(2), ("Broker:Auth:Mode", "On"), ("Broker:Auth:KeysFile", file));

    private static BrokerConnection Connect(GatewayServer server, string id) =>
        BrokerConnection.Open(new BrokerEndpoint(server.Address, new BrokerCredentials(id, "s", "us-east-1", null)));

    private static async Task ProduceAsync(BrokerConnection client, string stream)
    {
        using var call = client.Records.Produce();
        try
        {
            await call.RequestStream.WriteAsync(new V1.ProduceRequest { Open = new V1.ProduceOpen { StreamName = stream } });
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The call has ended already: reading tells how.
        }

        Assert.True(await call.ResponseStream.MoveNext(default));
    }

    private static async Task ReflectAsync(CallInvoker invoker)
    {
        using var call = new global::Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionClient(invoker).ServerReflectionInfo();
        try
        {
            await call.RequestStream.WriteAsync(new() { ListServices = "" });
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The call has ended already: reading tells how.
        }

        Assert.True(await call.ResponseStream.MoveNext(default));
    }

    private static async Task DeniedAsync(Func<Task> call, string message)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
        Assert.Equal("ACCESS_DENIED", exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
        Assert.Contains(message, exception.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task UnauthenticatedAsync(Func<Task> call, string reason)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.Unauthenticated, exception.StatusCode);
        Assert.Equal(reason, exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
    }

    private sealed class Recorder() : DelegatingHandler(new SocketsHttpHandler())
    {
        public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            foreach (var (name, values) in request.Headers)
            {
                Headers[name] = string.Join(',', values);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
