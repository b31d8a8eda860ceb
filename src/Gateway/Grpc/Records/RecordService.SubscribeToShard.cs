using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Hosting;
using Broker.Gateway.Reading;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    public async Task SubscribeToShard(
        V1.SubscribeToShardRequest request, IServerStreamWriter<RecordPage> responseStream, ServerCallContext context)
    {
        drain.Enter();
        try
        {
            await RunSubscriptionAsync(request, responseStream, context);
        }
        catch (Exception) when (drain.Draining.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw GatewayDrain.Stopping();
        }
        finally
        {
            drain.Leave();
        }
    }

    private async Task RunSubscriptionAsync(
        V1.SubscribeToShardRequest request, IServerStreamWriter<RecordPage> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Draining);
        var route = await routes.GetAsync(request.StreamName, ending.Token);
        var shard = positions.FindShard(route, request.ShardId);
        var consumer = request.ConsumerName.Length == 0 ? null : request.ConsumerName;
        var subscription = Guid.NewGuid();
        var grain = grains.Shard(new ShardKey(route.Stream.Generation, shard.Id));
        if (consumer is not null)
        {
            await CheckConsumerAsync(route.Stream.Generation, consumer);
        }

        var start = await positions.ResolveAsync(route, shard, request.StartingPosition, ending.Token);
        if (consumer is not null && await grain.SubscribeAsync(consumer, subscription) is var code and not BrokerErrorCode.None)
        {
            throw new BrokerException(code, code == BrokerErrorCode.ResourceInUse
                ? $"Another active subscription exists for consumer {consumer} and {shard.Id}; a new one takes over after {limits.Value.SubscriptionTakeoverAfter.TotalSeconds} seconds."
                : $"Consumer {consumer} cannot subscribe to {shard.Id}: {code}.");
        }

        metrics.Subscription(1);
        try
        {
            await new ShardSubscription(grains, routes, feeds, ciphers, options.Value, clock, metrics)
                .RunAsync(route, shard, start, consumer, subscription, responseStream, ending.Token);
        }
        finally
        {
            metrics.Subscription(-1);
            if (consumer is not null)
            {
                grain.UnsubscribeAsync(consumer, subscription).Ignore();
            }
        }
    }

    private async Task CheckConsumerAsync(StreamGeneration generation, string consumer)
    {
        if (!StreamName.IsValid(consumer))
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, $"consumer_name is '{consumer[..Math.Min(160, consumer.Length)]}': it must be 1 to 128 characters of [a-zA-Z0-9_.-].");
        }

        var found = await grains.Stream(generation).DescribeConsumerAsync(consumer);
        if (found.Status != ConsumerStatus.Active)
        {
            throw new BrokerException(BrokerErrorCode.ResourceInUse, $"Consumer {consumer} is {found.Status}: it must be ACTIVE.");
        }
    }
}
