using Broker.Contracts.Errors;
using Broker.Gateway.Errors;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Ends long calls when the process is told to stop: they stop reading, answer what is in flight, and end with UNAVAILABLE.</summary>
/// <remarks>
/// Before that, for <see cref="GatewayOptions.DrainDelay"/>, everything goes on, and only readiness says no: time for balancers to look elsewhere.
/// Runs before the server stops, which would cut the connections under the calls' last words. Then it stops the server itself, with a patience
/// of its own: the host's is for what comes after, and a client that holds its connection open must not use it up.
/// </remarks>
/// <param name="clock">Measures waits.</param>
/// <param name="options">How long requests are still taken.</param>
/// <param name="server">The server of the host; null where there is none to stop.</param>
public sealed class GatewayDrain(TimeProvider clock, IOptions<GatewayOptions> options, IServer? server = null) : IHostedLifecycleService, IDisposable
{
    /// <summary>For clients to read how their calls ended, before their connections close.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(200);

    /// <summary>For calls to answer what is in flight. What a put waits for at most, its storage in trouble, is longer; its client repeats it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>For connections to close, before they are cut off.</summary>
    private static readonly TimeSpan ConnectionPatience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource draining = new();
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int calls = 1;

    /// <summary>True from when the process was told to stop: nobody should send more requests, which are taken for a while still.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Cancelled when requests are no longer taken.</summary>
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
        IsLeaving = true;
        await LookElsewhereAsync(cancellationToken);
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

        if (server is not null)
        {
            using var patience = new CancellationTokenSource(ConnectionPatience, clock);
            await server.StopAsync(patience.Token);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => draining.Dispose();

    private async Task LookElsewhereAsync(CancellationToken cancellationToken)
    {
        if (options.Value.DrainDelay > TimeSpan.Zero)
        {
            try
            {
                await Task.Delay(options.Value.DrainDelay, clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // The host has no more patience.
            }
        }
    }
}
