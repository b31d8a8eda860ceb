using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Silo.Streams;

namespace Broker.Tests.Cluster.Hosting;

/// <summary>The least of a shard that the control plane needs: it can be sealed and dropped. To be removed once the silo brings its own.</summary>
public sealed class SubstituteShardGrain(SealedShards shards, IShardDirectory directory, TimeProvider time) : Grain, IShardGrain
{
    public async Task<SealResult> SealAsync()
    {
        var key = ShardKey.ParseGrainKey(this.GetPrimaryKeyString());

        // What the real one does when it is activated: it must not wait for a stream grain that waits for it.
        if (await directory.FindAsync(key, CancellationToken.None) is null)
        {
            return new SealResult(BrokerErrorCode.ResourceNotFound, 0, 0, "No such shard.");
        }

        if (shards.FailSeal())
        {
            return new SealResult(BrokerErrorCode.StorageFull, 0, 0, "There is no room on the device.");
        }

        var (position, stamp) = shards.Seal(key, time.GetUtcNow().ToUnixTimeMilliseconds());
        return new SealResult(BrokerErrorCode.None, position, stamp, null);
    }

    public Task DropAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<AppendResult> AppendAsync(AppendRequest request) => throw new NotSupportedException();

    public Task<ReadResult> ReadAsync(ReadRequest request) => throw new NotSupportedException();

    public Task<FindResult> FindAsync(long arrivalUnixMilliseconds) => throw new NotSupportedException();

    public Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription) => throw new NotSupportedException();

    public Task UnsubscribeAsync(string consumer, Guid subscription) => throw new NotSupportedException();
}
