using System.Globalization;
using Broker.Contracts.Shards;
using Broker.V1;
using Grpc.Core;

namespace Broker.Tests.Unit.Cli;

/// <summary>The data plane of <see cref="InMemoryBroker"/>. Iterators are <c>shard/index</c>.</summary>
internal sealed class InMemoryRecords(InMemoryBroker broker) : RecordService.RecordServiceBase
{
    private const int EventRecords = 100;

    public override async Task Produce(
        IAsyncStreamReader<ProduceRequest> requestStream, IServerStreamWriter<ProduceResponse> responseStream, ServerCallContext context)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, broker.Connections);
        try
        {
            await requestStream.MoveNext(cut.Token);
            if (broker.Refusal is { } refusal)
            {
                throw refusal;
            }

            var producer = requestStream.Current.Open.ProducerId.ToBase64();
            await responseStream.WriteAsync(new ProduceResponse { Opened = new ProduceOpened { MaxInFlightBatches = 8 } }, cut.Token);
            while (await requestStream.MoveNext(cut.Token))
            {
                var ack = broker.Take(producer, requestStream.Current.Batch);
                await broker.Held.WaitAsync(cut.Token);
                cut.Token.ThrowIfCancellationRequested();
                await responseStream.WriteAsync(new ProduceResponse { Ack = ack }, cut.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "cut"));
        }
    }

    public override Task<GetShardIteratorResponse> GetShardIterator(GetShardIteratorRequest request, ServerCallContext context) =>
        Task.FromResult(new GetShardIteratorResponse { ShardIterator = $"{request.ShardId}/{IndexOf(request.ShardId, request.StartingPosition)}" });

    public override Task<GetRecordsResponse> GetRecords(GetRecordsRequest request, ServerCallContext context)
    {
        var parts = request.ShardIterator.Split('/');
        var read = Read(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), out var next, out var isEnd);
        var response = new GetRecordsResponse
        {
            NextShardIterator = isEnd ? "" : $"{parts[0]}/{next}",
            MillisBehindLatest = broker.Find(parts[0]).Count - next,
            Records = { read },
        };
        response.ChildShards.AddRange(isEnd ? broker.Find(parts[0]).Children : []);
        return Task.FromResult(response);
    }

    public override async Task SubscribeToShard(
        SubscribeToShardRequest request, IServerStreamWriter<SubscribeToShardResponse> responseStream, ServerCallContext context)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, broker.Connections);
        try
        {
            var next = IndexOf(request.ShardId, request.StartingPosition);
            for (var isFirst = true; ; isFirst = false)
            {
                var read = Read(request.ShardId, next, out next, out var isEnd);
                if (read.Length > 0 || isEnd || isFirst)
                {
                    var response = new SubscribeToShardResponse
                    {
                        Records = { read },
                        ContinuationSequenceNumber = next == 0 ? "" : broker.Find(request.ShardId).NumberOf(next),
                        MillisBehindLatest = broker.Find(request.ShardId).Count - next,
                    };
                    response.ChildShards.AddRange(isEnd ? broker.Find(request.ShardId).Children : []);
                    await responseStream.WriteAsync(response, cut.Token);
                }

                if (isEnd)
                {
                    return;
                }

                await Task.Delay(2, cut.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "cut"));
        }
    }

    private V1.Record[] Read(string shardId, int index, out int next, out bool isEnd)
    {
        var shard = broker.Find(shardId);
        var isClosed = !shard.IsOpen; // Before reading: a closed shard grows no more.
        var read = shard.ReadFrom(index, EventRecords);
        next = index + read.Length;
        isEnd = isClosed && next == shard.Count;
        return read;
    }

    private int IndexOf(string shardId, StartingPosition position) => position.Type switch
    {
        ShardIteratorType.AfterSequenceNumber => (int)(SequenceNumber.TryParse(position.SequenceNumber, out var after) ? after.Position : throw new FormatException(position.SequenceNumber)),
        ShardIteratorType.Latest => broker.Find(shardId).Count,
        _ => 0,
    };
}
