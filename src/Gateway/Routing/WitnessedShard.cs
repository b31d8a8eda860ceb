using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;

namespace Broker.Gateway.Routing;

/// <summary>A shard whose answers are remembered: each call brings what earlier answers told of its end, so that a log that went back is found out.</summary>
internal sealed class WitnessedShard(IShardGrain shard, ShardKey key, KnownEnds ends) : IShardGrain
{
    public async Task<AppendResult> AppendAsync(AppendRequest request)
    {
        var result = await shard.AppendAsync(request with { Known = ends.Of(key) });
        if (result.Code == BrokerErrorCode.None && result.Verdicts.IsDefaultOrEmpty)
        {
            var end = result.FirstPosition;
            foreach (var block in request.Blocks)
            {
                end += block.Head.RecordCount;
            }

            ends.Note(key, end, result.Epoch);
        }

        return result;
    }

    public async Task<ReadResult> ReadAsync(ReadRequest request)
    {
        var result = await shard.ReadAsync(request with { Known = ends.Of(key) });
        if (result.Code == BrokerErrorCode.None)
        {
            ends.Note(key, result.TailPosition, result.Epoch);
        }

        return result;
    }

    public Task<FindResult> FindAsync(long arrivalUnixMilliseconds) => shard.FindAsync(arrivalUnixMilliseconds);

    public Task<SealResult> SealAsync() => shard.SealAsync();

    public Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription) => shard.SubscribeAsync(consumer, subscription);

    public Task UnsubscribeAsync(string consumer, Guid subscription) => shard.UnsubscribeAsync(consumer, subscription);

    public Task DropAsync() => shard.DropAsync();
}
