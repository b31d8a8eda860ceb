using Broker.V1;
using Grpc.Core;

namespace Broker.Tests.Unit.Cli;

/// <summary>The control plane of <see cref="InMemoryBroker"/>: any name is its one stream, ACTIVE.</summary>
internal sealed class InMemoryStreams(InMemoryBroker broker) : StreamService.StreamServiceBase
{
    public override Task<CreateStreamResponse> CreateStream(CreateStreamRequest request, ServerCallContext context) =>
        Task.FromResult(new CreateStreamResponse());

    public override Task<DeleteStreamResponse> DeleteStream(DeleteStreamRequest request, ServerCallContext context) =>
        Task.FromResult(new DeleteStreamResponse());

    public override Task<DescribeStreamSummaryResponse> DescribeStreamSummary(DescribeStreamSummaryRequest request, ServerCallContext context) =>
        Task.FromResult(new DescribeStreamSummaryResponse
        {
            Stream = new StreamDescription
            {
                StreamName = request.StreamName,
                Status = StreamStatus.Active,
                Mode = StreamMode.OnDemand,
                RecordDistributionStrategy = broker.Distribution,
            },
        });

    public override Task<ListShardsResponse> ListShards(ListShardsRequest request, ServerCallContext context)
    {
        var response = new ListShardsResponse();
        response.Shards.AddRange(broker.Shards
            .Where(shard => shard.IsOpen || request.ShardFilter?.Type != ShardFilterType.AtLatest)
            .Select(shard => new Shard
            {
                ShardId = shard.Id,
                ParentShardId = shard.Parents.ElementAtOrDefault(0) ?? "",
                AdjacentParentShardId = shard.Parents.ElementAtOrDefault(1) ?? "",
                HashKeyRange = new() { StartingHashKey = shard.Range.Start.ToString(), EndingHashKey = shard.Range.End.ToString() },
            }));
        return Task.FromResult(response);
    }
}
