using Broker.Contracts.Errors;
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
        var (route, shard) = await positions.FindShardAsync(await routes.GetAsync(request.StreamName, ending.Token), request.ShardId, ending.Token);
        var consumer = request.ConsumerName.Length == 0 ? null : request.ConsumerName;
        if (consumer is not null && !StreamName.IsValid(consumer))
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, $"consumer_name is '{consumer[..Math.Min(160, consumer.Length)]}': it must be 1 to 128 characters of [a-zA-Z0-9_.-].");
        }

        var open = await subscriptions.OpenAsync(
            route, shard, consumer, () => positions.ResolveAsync(route, shard, request.StartingPosition, ending.Token));
        await subscriptions.RunAsync(open, responseStream, ending.Token);
    }
}
