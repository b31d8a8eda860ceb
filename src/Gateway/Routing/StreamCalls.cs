using Broker.Contracts.Errors;
using Broker.Contracts.Grains;

namespace Broker.Gateway.Routing;

/// <summary>Calls streams by their names: what the control planes of all protocols stand on. Thread-safe.</summary>
public sealed class StreamCalls(IBrokerGrains grains, StreamRoutes routes, TimeProvider clock)
{
    private const int MaxAttempts = 4;

    /// <summary>The stream's map as it is now, not as it is cached.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public async Task<StreamRoute> DescribeAsync(string streamName, CancellationToken cancellation)
    {
        var map = await AskAsync(streamName, stream => MovingGrain.AskAsync(() => stream.GetMapAsync(-1), clock, cancellation), cancellation);
        return new StreamRoute(map ?? throw routes.StreamNotFound(streamName), clock.GetTimestamp());
    }

    /// <summary>Changes a stream; this gateway's next request sees the change.</summary>
    public async Task ChangeAsync(string streamName, Func<IStreamGrain, Task> change, CancellationToken cancellation)
    {
        await AskAsync(
            streamName,
            async stream =>
            {
                await change(stream);
                return true;
            },
            cancellation);
        routes.Forget(streamName);
    }

    /// <summary>Asks the stream that a name stands for; again where the name was given to another meanwhile, or the call came to a stream
    /// that was just put away and was never run.</summary>
    public async Task<T> AskAsync<T>(string streamName, Func<IStreamGrain, Task<T>> ask, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var generation = await routes.ResolveAsync(streamName, cancellation);
            try
            {
                return await ask(grains.Stream(generation)).WaitAsync(cancellation);
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
            {
                routes.Forget(streamName);
                if (attempt > 1 || await routes.ResolveAsync(streamName, cancellation) == generation)
                {
                    throw;
                }
            }
            catch (OrleansMessageRejectionException exception) when (exception is not SiloUnavailableException && attempt < MaxAttempts)
            {
                routes.Forget(streamName);
            }
        }
    }
}
