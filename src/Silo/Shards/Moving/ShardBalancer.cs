using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Shards.Moving;

/// <summary>Moves shards by their load. Runs on every silo; the one with the lowest address acts, and where two think so nothing worse happens than a move too many.</summary>
/// <remarks>Silos that do not answer in time are left alone: nothing is moved to them, and what is on them is the membership's business.</remarks>
internal sealed partial class ShardBalancer(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    ShardHosts hosts,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<BalanceOptions> options,
    SiloMetrics metrics,
    ILogger<ShardBalancer> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FlapWindow = TimeSpan.FromMinutes(1);

    private readonly ILogger logger = logger;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await BalanceAsync(stoppingToken);
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task BalanceAsync(CancellationToken stopping)
    {
        var members = membership.CurrentSnapshot.Members.Values;
        var active = members.Where(static member => member.Status == SiloStatus.Active).Select(static member => member.SiloAddress).Order().ToList();
        if (active.Count < 2 || !active[0].Equals(self.SiloAddress))
        {
            return;
        }

        var asked = active.Select(silo => (Silo: silo, Load: AskAsync(silo, stopping))).ToList();
        var loads = new Dictionary<SiloAddress, SiloLoad>();
        foreach (var (silo, load) in asked)
        {
            if (await load is { } answered)
            {
                loads[silo] = answered;
            }
        }

        var fed = loads.Keys.Where(silo => !loads[silo].IsDrained && !IsFlapping(silo, members.Select(static member => member.SiloAddress))).ToHashSet();
        foreach (var move in BalancePlan.Next(loads, fed, options.Value))
        {
            LogMove(move.Shard, move.From, move.To);
            metrics.Moved();
            await grains.GetGrain<IShardMaintenance>(move.Shard.ToGrainKey()).MoveAsync(move.To).WaitAsync(Patience, time, stopping);
        }
    }

    /// <summary>True for a silo that began for the third time within a minute, until it has lived for a while. A silo's generation is the second in which it began.</summary>
    private bool IsFlapping(SiloAddress silo, IEnumerable<SiloAddress> known)
    {
        var starts = known.Count(other => other.Endpoint.Equals(silo.Endpoint) && silo.Generation - other.Generation <= FlapWindow.TotalSeconds);
        var lived = SiloAddress.AllocateNewGeneration() - silo.Generation;
        return starts >= 3 && lived < options.Value.FlappingRest.TotalSeconds;
    }

    private async Task<SiloLoad?> AskAsync(SiloAddress silo, CancellationToken stopping)
    {
        try
        {
            return await hosts.Of(silo).GetLoadAsync().WaitAsync(Patience, time, stopping);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            LogSilent(silo, exception.Message);
            return null;
        }
    }
}
