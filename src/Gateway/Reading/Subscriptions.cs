using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Reading;

/// <summary>SubscribeToShard, of whatever protocol: the consumer's turn is taken first, and what is wrong is told before anything is sent. Thread-safe.</summary>
public sealed class Subscriptions(
    IBrokerGrains grains,
    StreamRoutes routes,
    ShardFeeds feeds,
    StreamCiphers ciphers,
    GatewayMetrics metrics,
    TimeProvider clock,
    IOptions<GatewayOptions> options,
    IOptions<BrokerLimits> limits)
{
    /// <summary>Takes a consumer's turn at a shard.</summary>
    /// <param name="route">The stream.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="consumer">The consumer's name; null for a subscription of nobody's.</param>
    /// <param name="findStart">Finds where to begin; asked before the turn is taken, so that a wrong place costs nobody his.</param>
    /// <exception cref="BrokerException">ResourceNotFound, ResourceInUse, or what the place is wrong for.</exception>
    internal async Task<OpenSubscription> OpenAsync(StreamRoute route, ShardDescription shard, string? consumer, Func<ValueTask<long>> findStart)
    {
        if (consumer is not null)
        {
            var found = await grains.Stream(route.Stream.Generation).DescribeConsumerAsync(consumer);
            if (found.Status != ConsumerStatus.Active)
            {
                throw new BrokerException(BrokerErrorCode.ResourceInUse, $"Consumer {consumer} is {found.Status}: it must be ACTIVE.");
            }
        }

        var start = await findStart();
        var subscription = Guid.NewGuid();
        var grain = Grain(route, shard);
        if (consumer is not null && await grain.SubscribeAsync(consumer, subscription) is var code and not BrokerErrorCode.None)
        {
            throw new BrokerException(code, code == BrokerErrorCode.ResourceInUse
                ? $"Another active subscription exists for consumer {consumer} and {shard.Id}; a new one takes over after {limits.Value.SubscriptionTakeoverAfter.TotalSeconds} seconds."
                : $"Consumer {consumer} cannot subscribe to {shard.Id}: {code}.");
        }

        return new OpenSubscription(route, shard, consumer, subscription, start);
    }

    /// <summary>Sends records until the shard ends or the call does.</summary>
    internal async Task RunAsync(OpenSubscription open, IServerStreamWriter<RecordPage> output, CancellationToken cancellation)
    {
        metrics.Subscription(1);
        try
        {
            await new ShardSubscription(grains, routes, feeds, ciphers, options.Value, clock, metrics)
                .RunAsync(open.Route, open.Shard, open.Start, open.Consumer, open.Subscription, output, cancellation);
        }
        finally
        {
            metrics.Subscription(-1);
            if (open.Consumer is not null)
            {
                Grain(open.Route, open.Shard).UnsubscribeAsync(open.Consumer, open.Subscription).Ignore();
            }
        }
    }

    private IShardGrain Grain(StreamRoute route, ShardDescription shard) => grains.Shard(new ShardKey(route.Stream.Generation, shard.Id));
}
