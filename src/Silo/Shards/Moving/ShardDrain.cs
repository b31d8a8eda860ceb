using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Shards.Moving;

/// <summary>Moves all shards away before a silo that was told to stop does so: each is handed over in milliseconds, and none is looked for in vain.</summary>
/// <remarks>Correctness does not depend on it: what is left is deactivated with the silo, or taken over after it.</remarks>
internal sealed partial class ShardDrain(
    LocalShards shards, ShardEvacuation evacuation, TimeProvider time, IOptions<BalanceOptions> options, ILogger<ShardDrain> logger) : IHostedLifecycleService
{
    private readonly ILogger logger = logger;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var had = shards.Count;
        if (had == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(options.Value.DrainTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await evacuation.EmptyAsync(static () => true, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // What is left goes with the silo.
        }

        LogDrained(had - shards.Count, had, time.GetElapsedTime(started).TotalMilliseconds);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Moved} of {All} shards moved to other silos in {Milliseconds:F0} ms")]
    private partial void LogDrained(int moved, int all, double milliseconds);
}
