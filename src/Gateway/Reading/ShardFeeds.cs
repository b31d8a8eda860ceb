using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Reading;

/// <summary>The feeds of this gateway, one for each shard that has subscribers. Thread-safe.</summary>
public sealed class ShardFeeds(IBrokerGrains grains, StreamRoutes routes, StreamCiphers ciphers, TimeProvider clock)
{
    private readonly Lock sync = new();
    private readonly Dictionary<ShardKey, ShardFeed> feeds = [];

    internal ShardFeed Acquire(ShardKey shard)
    {
        lock (sync)
        {
            if (!feeds.TryGetValue(shard, out var feed))
            {
                feeds.Add(shard, feed = new ShardFeed(grains.Shard(shard), shard.Stream, ciphers, () => MapVersion(shard.Stream), clock));
            }

            feed.Holders++;
            return feed;
        }
    }

    internal void Release(ShardKey shard)
    {
        lock (sync)
        {
            if (feeds.TryGetValue(shard, out var feed) && --feed.Holders == 0)
            {
                feeds.Remove(shard);
            }
        }
    }

    /// <summary>The newest version that is known without asking.</summary>
    private long MapVersion(StreamGeneration generation) => routes.Peek(generation)?.Stream.Version ?? 0;
}
