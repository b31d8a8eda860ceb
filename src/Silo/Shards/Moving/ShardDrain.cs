using Broker.Contracts.Shards;
using Broker.Silo.Shards.Placement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Shards.Moving;

/// <summary>Moves all shards away before a silo that was told to stop does so: each is handed over in milliseconds, and none is looked for in vain.</summary>
/// <remarks>Correctness does not depend on it: what is left is deactivated with the silo, or taken over after it.</remarks>
internal sealed partial class ShardDrain(
    LocalShards shards,
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<BalanceOptions> options,
    ILogger<ShardDrain> logger) : IHostedLifecycleService
{
    private const int MaxConcurrentMoves = 64;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly ILogger logger = logger;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var had = shards.Count;
        var targets = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress))
            .Select(static member => member.SiloAddress).ToArray();
        if (targets.Length == 0 || had == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(options.Value.DrainTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // Others may still be placed here, by silos that do not know yet; they are moved as well.
            while (shards.Count > 0)
            {
                await Parallel.ForEachAsync(
                    shards.Keys,
                    new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentMoves, CancellationToken = stop.Token },
                    async (shard, stopping) => await MoveAsync(shard, targets, stopping));
            }
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

    /// <summary>Begins the move and waits until the shard is gone from here, so that not more than a few are on their way.</summary>
    private async ValueTask MoveAsync(ShardKey shard, SiloAddress[] targets, CancellationToken stopping)
    {
        var grain = grains.GetGrain<IShardMaintenance>(shard.ToGrainKey());
        try
        {
            await grain.MoveAsync(ShardPlacementDirector.Choose(grain.GetGrainId(), targets)).WaitAsync(stopping);
            while (shards.Has(shard))
            {
                await Task.Delay(LookEvery, time, stopping);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogMoveFailed(shard, exception.Message);
            await Task.Delay(LookEvery, time, stopping);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Moved} of {All} shards moved to other silos in {Milliseconds:F0} ms")]
    private partial void LogDrained(int moved, int all, double milliseconds);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Shard {Shard} could not be moved: {Reason}")]
    private partial void LogMoveFailed(ShardKey shard, string reason);
}
