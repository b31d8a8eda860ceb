using Broker.Contracts.Shards;
using Broker.Gateway.Reading;
using Broker.Gateway.Tokens;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Streams;

public sealed partial class StreamService
{
    public async Task<V1.ListShardsResponse> ListShards(V1.ListShardsRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("max_results", request.MaxResults, 1_000, 10_000);
        var query = request.NextToken.Length == 0 ? ShardQueries.From(request) : await ResumeAsync(request);
        var route = await streams.DescribeAsync(query.StreamName, context.CancellationToken);
        StreamRequests.Check(
            query.Generation is null || query.Generation == route.Stream.Generation,
            $"next_token is of a stream {query.StreamName} that was deleted.");
        var response = new V1.ListShardsResponse();
        ShardId? last = null;
        foreach (var shard in query.Select(route, clock.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            if (response.Shards.Count == limit)
            {
                var next = query with { After = last, Generation = route.Stream.Generation };
                response.NextToken = await tokens.MakeAsync(TokenPurpose.ListShards, next.ToToken());
                break;
            }

            last = shard.Id;
            response.Shards.Add(StreamMessages.ToMessage(shard));
        }

        return response;
    }

    private async ValueTask<ShardQuery> ResumeAsync(V1.ListShardsRequest request)
    {
        StreamRequests.Check(
            request.StreamName.Length == 0 && request.ExclusiveStartShardId.Length == 0 && request.ShardFilter is null,
            "NextToken and StreamName cannot be provided together: with next_token every other member but max_results must be empty.");
        return ShardQuery.FromToken(await tokens.OpenAsync(TokenPurpose.ListShards, request.NextToken));
    }
}
