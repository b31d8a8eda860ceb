using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Broker.Contracts.Errors;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class EndToEndTests
{
    [Fact]
    public async Task One_port_speaks_http1_h2c_health_and_reflection()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        using var http = new HttpClient();
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(server.Address, "/healthz")));
        var health = await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        using var reflection = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));
        var names = reflection.ResponseStream.Current.ListServicesResponse.Service.Select(static service => service.Name).ToList();
        Assert.Contains("broker.v1.RecordService", names);
        Assert.Contains("broker.v1.StreamService", names);
    }

    [Fact]
    public async Task Connections_that_speak_neither_or_nothing_are_closed()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1), ("Broker:Gateway:SilentConnectionTimeout", "00:00:00.2"));
        foreach (var start in new byte[][] { [0x16, 3, 1, 0, 5], [], "PRI * HT"u8.ToArray() })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
            await client.GetStream().WriteAsync(start);
            Assert.Equal(0, await ReadAsync(client));
        }

        static async Task<int> ReadAsync(TcpClient client)
        {
            try
            {
                return await client.GetStream().ReadAsync(new byte[100]).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    [Fact]
    public async Task What_is_put_is_read_in_order_with_its_numbers()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        var request = new V1.PutRecordsRequest { StreamName = "s" };
        for (var i = 0; i < 300; i++)
        {
            request.Records.Add(new V1.PutRecordsEntry { PartitionKey = $"ключ-{i}", Data = ByteString.CopyFromUtf8($"{i}") });
        }

        var put = await server.Records.PutRecordsAsync(request);
        Assert.Equal(0, put.FailedRecordCount);
        var single = await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFromUtf8("last"), ExplicitHashKey = "5" });

        var iterator = await IteratorAsync(server, V1.ShardIteratorType.TrimHorizon);
        var first = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = iterator, Limit = 7 });
        Assert.Equal(7, first.Records.Count);
        Assert.True(first.MillisBehindLatest > 0);
        var rest = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = first.NextShardIterator });
        var all = first.Records.Concat(rest.Records).ToList();
        Assert.Equal(301, all.Count);
        Assert.Equal(0, rest.MillisBehindLatest);
        Assert.Equal(put.Results.Select(static result => result.SequenceNumber), all.Take(300).Select(static record => record.SequenceNumber));
        Assert.Equal(request.Records.Select(static record => record.PartitionKey), all.Take(300).Select(static record => record.PartitionKey));
        Assert.Equal(single.SequenceNumber, all[^1].SequenceNumber);
        Assert.Equal("last", all[^1].Data.ToStringUtf8());
        Assert.InRange(all[^1].ApproximateArrivalTimestamp.ToDateTime(), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Produce_acknowledges_each_batch_and_a_repeat_like_the_first()
    {
        var cluster = new FakeCluster(2);
        await using var server = await GatewayServer.StartAsync(cluster);
        using var call = server.Records.Produce();
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Open = new V1.ProduceOpen { StreamName = "s" } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(16, call.ResponseStream.Current.Opened.ProducerId.Length);
        for (var i = 1; i <= 40; i++)
        {
            await call.RequestStream.WriteAsync(new V1.ProduceRequest { Batch = Batch(i == 40 ? 1 : i) });
        }

        var bad = Batch(41);
        bad.Records[3].PartitionKey = new string('k', 257);
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Batch = bad });
        await call.RequestStream.CompleteAsync();
        var acks = new List<V1.ProduceAck>();
        while (await call.ResponseStream.MoveNext(default))
        {
            acks.Add(call.ResponseStream.Current.Ack);
        }

        Assert.Equal(41, acks.Count);
        Assert.Equal("INVALID_ARGUMENT", Assert.Single(acks, static ack => ack.ErrorCode.Length > 0).ErrorCode);
        Assert.Equal(39 * 25, cluster.Shards.Sum(static shard => shard.Tail));
        Assert.All(acks.Where(static ack => ack.BatchNumber != 41), static ack => Assert.Equal(25, ack.Parts.Sum(static part => part.RecordCount)));
        Assert.Equal(2, acks.Count(static ack => ack.BatchNumber == 1));

        static V1.ProduceBatch Batch(int number)
        {
            var batch = new V1.ProduceBatch { BatchNumber = (ulong)number };
            for (var i = 0; i < 25; i++)
            {
                batch.Records.Add(new V1.PutRecordsEntry { PartitionKey = $"k{i}", Data = ByteString.CopyFromUtf8($"{number}:{i}") });
            }

            return batch;
        }
    }

    [Fact]
    public async Task A_batch_before_open_ends_the_session()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        using var call = server.Records.Produce();
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Batch = new V1.ProduceBatch { BatchNumber = 1 } });
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
    }

    [Fact]
    public async Task Errors_carry_their_reason()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "absent", PartitionKey = "k" }));
        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Equal("RESOURCE_NOT_FOUND", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = "forged" }));
        Assert.Equal("INVALID_ARGUMENT", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_outlasts_a_change_of_owner(bool throws)
    {
        var cluster = new FakeCluster(1);
        await using var server = await GatewayServer.StartAsync(cluster);
        await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        var faults = 0;
        cluster[0].ReadFault = () => faults-- <= 0 ? BrokerErrorCode.None
            : throws ? throw new OrleansException("Gone.") : BrokerErrorCode.Unavailable;
        foreach (var type in new[] { V1.ShardIteratorType.Latest, V1.ShardIteratorType.TrimHorizon })
        {
            faults = 3;
            var iterator = await IteratorAsync(server, type);
            faults = 3;
            var read = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = iterator });
            Assert.Equal(type == V1.ShardIteratorType.Latest ? 0 : 1, read.Records.Count);
        }

        if (throws)
        {
            return;
        }

        cluster[0].ReadFault = static () => BrokerErrorCode.Unavailable;
        var exception = await Assert.ThrowsAsync<RpcException>(() => IteratorAsync(server, V1.ShardIteratorType.Latest));
        Assert.Equal("UNAVAILABLE", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
    }

    [Fact]
    public async Task What_readers_get_is_counted()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        var factory = server.Services.GetRequiredService<IMeterFactory>();
        var bytes = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == "broker.gateway.bytes.out")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref bytes, count));
        listener.Start();
        await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFrom(new byte[5_000]) });
        var read = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = await IteratorAsync(server, V1.ShardIteratorType.TrimHorizon) });
        Assert.Equal(read.CalculateSize(), Interlocked.Read(ref bytes));
        using var call = server.Records.SubscribeToShard(new V1.SubscribeToShardRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new V1.StartingPosition { Type = V1.ShardIteratorType.TrimHorizon },
        });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.InRange(Interlocked.Read(ref bytes), 10_000, 11_000);
    }

    [Fact]
    public async Task A_subscription_sees_everything_once_through_a_split()
    {
        var cluster = new FakeCluster(1);
        await using var server = await GatewayServer.StartAsync(cluster);
        using var call = server.Records.SubscribeToShard(new V1.SubscribeToShardRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new V1.StartingPosition { Type = V1.ShardIteratorType.TrimHorizon },
        });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Empty(call.ResponseStream.Current.Records);
        var seen = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = ByteString.CopyFromUtf8($"{i}") });
        }

        cluster.Split(cluster[0]);
        V1.SubscribeToShardResponse? last = null;
        while (await call.ResponseStream.MoveNext(default))
        {
            last = call.ResponseStream.Current;
            seen.AddRange(last.Records.Select(static record => record.Data.ToStringUtf8()));
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(static i => $"{i}"), seen);
        Assert.Equal(2, last!.ChildShards.Count);
        var iterator = await IteratorAsync(server, V1.ShardIteratorType.TrimHorizon);
        var read = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = iterator });
        while (read.NextShardIterator.Length > 0)
        {
            read = await server.Records.GetRecordsAsync(new V1.GetRecordsRequest { ShardIterator = read.NextShardIterator });
        }

        Assert.Equal(2, read.ChildShards.Count);
    }

    [Fact]
    public async Task A_second_subscription_of_a_consumer_ends_the_first()
    {
        var cluster = new FakeCluster(1);
        await cluster.RegisterConsumerAsync("c");
        await using var server = await GatewayServer.StartAsync(cluster);
        using var first = Subscribe();
        Assert.True(await first.ResponseStream.MoveNext(default));
        using var second = Subscribe();
        Assert.True(await second.ResponseStream.MoveNext(default));
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await first.ResponseStream.MoveNext(default))
            {
            }
        });
        Assert.Equal("RESOURCE_IN_USE", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);

        AsyncServerStreamingCall<V1.SubscribeToShardResponse> Subscribe() => server.Records.SubscribeToShard(new V1.SubscribeToShardRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            ConsumerName = "c",
            StartingPosition = new V1.StartingPosition { Type = V1.ShardIteratorType.Latest },
        });
    }

    [Fact]
    public async Task Stopping_ends_open_calls_as_unavailable()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        using var call = server.Records.Produce();
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Open = new V1.ProduceOpen { StreamName = "s" } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var stopping = server.StopAsync();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.True(exception.StatusCode == StatusCode.Unavailable, exception.ToString());
        Assert.NotNull(exception.GetRpcStatus()!.GetDetail<RetryInfo>());
        await stopping;
    }

    [Fact]
    public async Task Shards_are_listed_by_page_and_by_filter()
    {
        var cluster = new FakeCluster(3);
        cluster.Split(cluster[0]);
        await using var server = await GatewayServer.StartAsync(cluster);
        var page = await server.Streams.ListShardsAsync(new V1.ListShardsRequest { StreamName = "s", MaxResults = 2 });
        var ids = page.Shards.Select(static shard => shard.ShardId).ToList();
        while (page.NextToken.Length > 0)
        {
            page = await server.Streams.ListShardsAsync(new V1.ListShardsRequest { NextToken = page.NextToken, MaxResults = 2 });
            ids.AddRange(page.Shards.Select(static shard => shard.ShardId));
        }

        Assert.Equal(Enumerable.Range(0, 5).Select(static i => $"shardId-{i:D12}"), ids);
        var latest = await server.Streams.ListShardsAsync(new V1.ListShardsRequest
        {
            StreamName = "s",
            ShardFilter = new V1.ShardFilter { Type = V1.ShardFilterType.AtLatest },
        });
        Assert.Equal(4, latest.Shards.Count);
        var described = await server.Streams.DescribeStreamAsync(new V1.DescribeStreamRequest { StreamName = "s", Limit = 4 });
        Assert.True(described.HasMoreShards);
        Assert.Equal("arn:aws:kinesis:us-east-1:000000000000:stream/s", described.Stream.StreamArn);
    }

    private static async Task<string> IteratorAsync(GatewayServer server, V1.ShardIteratorType type) =>
        (await server.Records.GetShardIteratorAsync(new V1.GetShardIteratorRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new V1.StartingPosition { Type = type },
        })).ShardIterator;
}
