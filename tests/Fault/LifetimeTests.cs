using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>What expires, with lifetimes short enough to wait for.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task IteratorsAndTokensExpireAndTheirErrorsSayWhen()
    {
        using var broker = new BrokerProcess("--Broker:Limits:IteratorLifetime=00:00:01", "--Broker:Limits:NextTokenLifetime=00:00:01");
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        var records = new RecordService.RecordServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 2 });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        })).ShardIterator;
        var token = (await streams.ListShardsAsync(new ListShardsRequest { StreamName = "s", MaxResults = 1 })).NextToken;
        await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
        await Task.Delay(TimeSpan.FromSeconds(1.2));

        var expired = await Assert.ThrowsAsync<RpcException>(async () => await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }));
        Assert.Equal("EXPIRED_ITERATOR", expired.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
        Assert.Contains("1000 milliseconds", expired.Status.Detail, StringComparison.Ordinal);
        var stale = await Assert.ThrowsAsync<RpcException>(async () => await streams.ListShardsAsync(new ListShardsRequest { NextToken = token }));
        Assert.Equal("EXPIRED_NEXT_TOKEN", stale.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task AProducersStateOutlivesARestartAndIteratorsDoToo()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        var producer = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        string iterator, sequence;
        using (var channel = broker.Connect())
        {
            var streams = new StreamService.StreamServiceClient(channel);
            var records = new RecordService.RecordServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 });
            await BrokerProcess.WaitUntilActiveAsync(streams, "s");
            sequence = await ProduceAsync(records, producer);
            iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
            {
                StreamName = "s",
                ShardId = "shardId-000000000000",
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            })).ShardIterator;
        }

        await broker.KillAsync();
        await broker.StartAsync();
        using var again = broker.Connect();
        var client = new RecordService.RecordServiceClient(again);
        Assert.Equal(sequence, await ProduceAsync(client, producer));
        Assert.Equal(sequence, Assert.Single((await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator })).Records).SequenceNumber);
    }

    private static async Task<string> ProduceAsync(RecordService.RecordServiceClient records, ByteString producer)
    {
        using var call = records.Produce();
        await call.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = "s", ProducerId = producer, ProducerEpoch = 1 } });
        await call.RequestStream.WriteAsync(new ProduceRequest
        {
            Batch = new ProduceBatch { BatchNumber = 1, Records = { new PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFromUtf8("once") } } },
        });
        while (await call.ResponseStream.MoveNext(default))
        {
            if (call.ResponseStream.Current.Ack is { } ack)
            {
                Assert.Equal("", ack.ErrorCode);
                return Assert.Single(ack.Parts).FirstSequenceNumber;
            }
        }

        throw new InvalidOperationException("The session ended without an acknowledgement.");
    }
}
