using Broker.Contracts.Errors;
using Broker.Gateway.Errors;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Broker.Gateway.Hosting;

/// <summary>Ends long calls when the process is told to stop: they stop reading, answer what is in flight, and end with UNAVAILABLE.</summary>
/// <remarks>Runs before the server stops, which would cut the connections under the calls' last words.</remarks>
public sealed class GatewayDrain(TimeProvider clock) : IHostedLifecycleService, IDisposable
{
    /// <summary>For clients to read how their calls ended, before their connections close.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource draining = new();
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int calls = 1;

    /// <summary>Cancelled when the process is told to stop.</summary>
    public CancellationToken Draining => draining.Token;

    public static RpcException Stopping() =>
        BrokerErrors.ToRpcException(BrokerErrorCode.Unavailable, "This gateway is stopping; connect again.");

    /// <summary>Counts a long call in, until <see cref="Leave"/>.</summary>
    /// <exception cref="RpcException">The process was told to stop.</exception>
    public void Enter()
    {
        if (Draining.IsCancellationRequested)
        {
            throw Stopping();
        }

        Interlocked.Increment(ref calls);
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref calls) == 0)
        {
            empty.TrySetResult();
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await draining.CancelAsync();
        var hadCalls = Volatile.Read(ref calls) > 1;
        Leave();
        try
        {
            await empty.Task.WaitAsync(Longest, clock, cancellationToken);
            if (hadCalls)
            {
                await Task.Delay(Farewell, clock, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The server cuts what is left.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => draining.Dispose();
}
