using System.Runtime.CompilerServices;
using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>Reads by SubscribeToShard.</summary>
internal sealed class PushShardSource(BrokerConnection connection, string stream) : IShardSource
{
    /// <summary>The broker sends an event at least every 5 s; after three times that the subscription is taken for dead.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(15);

    public Task<IReadOnlyList<Shard>> ListShardsAsync(ShardFilter filter, CancellationToken cancellation) =>
        ShardListing.ListAsync(connection.Streams, stream, filter, cancellation);

    public async IAsyncEnumerable<ShardEvent> ReadAsync(
        string shardId, StartingPosition position, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new SubscribeToShardRequest { StreamName = stream, ShardId = shardId, StartingPosition = position };
        using var call = connection.Records.SubscribeToShard(request, cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation).WaitAsync(SilenceLimit, cancellation))
        {
            var pushed = call.ResponseStream.Current;
            yield return new ShardEvent(
                pushed.Records,
                pushed.ContinuationSequenceNumber.Length > 0 ? pushed.ContinuationSequenceNumber : null,
                pushed.MillisBehindLatest,
                pushed.ChildShards);
        }
    }
}
