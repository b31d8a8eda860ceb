using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>Lists shards over all pages.</summary>
internal static class ShardListing
{
    public static async Task<IReadOnlyList<Shard>> ListAsync(
        StreamService.StreamServiceClient streams, string stream, ShardFilter filter, CancellationToken cancellation)
    {
        var shards = new List<Shard>();
        var request = new ListShardsRequest { StreamName = stream, ShardFilter = filter };
        while (true)
        {
            var page = await streams.ListShardsAsync(request, cancellationToken: cancellation);
            shards.AddRange(page.Shards);
            if (page.NextToken.Length == 0)
            {
                return shards;
            }

            request = new ListShardsRequest { NextToken = page.NextToken };
        }
    }
}
