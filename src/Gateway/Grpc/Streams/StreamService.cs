using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>broker.v1.StreamService, one file an operation: checks the form of requests; the grains decide the rest. Bound by <see cref="StreamServiceMethods"/>.</summary>
public sealed partial class StreamService(
    IBrokerGrains grains,
    StreamRoutes routes,
    PageTokens tokens,
    StreamCiphers ciphers,
    BrokerIdentity identity,
    TimeProvider clock,
    IOptions<ProducerLimits> producers)
{
    /// <summary>What an ON_DEMAND stream starts with (AWS, CreateStream).</summary>
    private const int DefaultShards = 4;

    /// <summary>The stream's map as it is now, not as it is cached.</summary>
    private async Task<StreamRoute> DescribeAsync(string streamName, ServerCallContext context)
    {
        var map = await AskAsync(streamName, static stream => stream.GetMapAsync(-1), context);
        return new StreamRoute(map ?? throw routes.StreamNotFound(streamName), clock.GetTimestamp());
    }

    private async Task ChangeAsync(string streamName, Func<IStreamGrain, Task> change, ServerCallContext context)
    {
        await AskAsync(
            streamName,
            async stream =>
            {
                await change(stream);
                return true;
            },
            context);
        routes.Forget(streamName);
    }

    /// <summary>Asks the stream that a name stands for; once more where the name was given to another meanwhile.</summary>
    private async Task<T> AskAsync<T>(string streamName, Func<IStreamGrain, Task<T>> ask, ServerCallContext context)
    {
        var generation = await routes.ResolveAsync(streamName, context.CancellationToken);
        try
        {
            return await ask(grains.Stream(generation)).WaitAsync(context.CancellationToken);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            routes.Forget(streamName);
            var now = await routes.ResolveAsync(streamName, context.CancellationToken);
            if (now == generation)
            {
                throw;
            }

            return await ask(grains.Stream(now)).WaitAsync(context.CancellationToken);
        }
    }
}
