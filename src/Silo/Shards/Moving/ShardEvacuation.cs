using Broker.Contracts.Shards;
using Broker.Silo.Shards.Placement;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Shards.Moving;

/// <summary>Moves the shards of this silo to the others, each to where placement would have it if this one were not there.</summary>
internal sealed partial class ShardEvacuation(
    LocalShards shards,
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    ShardHosts hosts,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<ShardEvacuation> logger)
{
    private const int MaxConcurrentMoves = 64;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly ILogger logger = logger;

    /// <summary>Returns when no shard is left, or nobody takes them.</summary>
    /// <param name="isWanted">Asked before each round.</param>
    /// <param name="cancellationToken">Ends it; the moves that have begun go on.</param>
    public async Task EmptyAsync(Func<bool> isWanted, CancellationToken cancellationToken)
    {
        var targets = await FindTargetsAsync(cancellationToken);

        // Others may still be placed here, by silos that do not know yet; they are moved as well.
        while (targets.Length > 0 && shards.Count > 0 && isWanted())
        {
            await Parallel.ForEachAsync(
                shards.Keys,
                new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentMoves, CancellationToken = cancellationToken },
                async (shard, stopping) => await MoveAsync(shard, targets, stopping));
            targets = await FindTargetsAsync(cancellationToken);
        }
    }

    /// <summary>The other active silos, without those that are drained themselves as long as there is another.</summary>
    private async Task<SiloAddress[]> FindTargetsAsync(CancellationToken cancellationToken)
    {
        var others = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress))
            .Select(static member => member.SiloAddress).ToArray();
        var drained = await Task.WhenAll(others.Select(async silo =>
        {
            try
            {
                return (await hosts.Of(silo).GetLoadAsync().WaitAsync(Patience, time, cancellationToken)).IsDrained;
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                return true;
            }
        }));
        var taking = others.Where((_, i) => !drained[i]).ToArray();
        return taking.Length > 0 ? taking : others;
    }

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

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Shard {Shard} could not be moved: {Reason}")]
    private partial void LogMoveFailed(ShardKey shard, string reason);
}
