using System.Runtime.CompilerServices;
using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>Reads by GetShardIterator and GetRecords, as AWS's older consumers do.</summary>
internal sealed class PollShardSource(BrokerConnection connection, string stream, TimeProvider time) : IShardSource
{
    /// <summary>Between reads of a shard that is caught up; 5 reads a second are allowed in PROVISIONED mode.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public Task<IReadOnlyList<Shard>> ListShardsAsync(ShardFilter filter, CancellationToken cancellation) =>
        ShardListing.ListAsync(connection.Streams, stream, filter, cancellation);

    public async IAsyncEnumerable<ShardEvent> ReadAsync(
        string shardId, StartingPosition position, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new GetShardIteratorRequest { StreamName = stream, ShardId = shardId, StartingPosition = position };
        var iterator = (await connection.Records.GetShardIteratorAsync(request, cancellationToken: cancellation)).ShardIterator;
        while (iterator.Length > 0)
        {
            var page = await connection.Records.GetRecordsAsync(
                new GetRecordsRequest { ShardIterator = iterator }, cancellationToken: cancellation);
            iterator = page.NextShardIterator;
            yield return new ShardEvent(
                page.Records,
                page.Records.Count > 0 ? page.Records[^1].SequenceNumber : null,
                page.MillisBehindLatest,
                page.ChildShards);
            if (iterator.Length > 0 && (page.Records.Count == 0 || page.MillisBehindLatest == 0))
            {
                await Task.Delay(Pause, time, cancellation);
            }
        }
    }
}
