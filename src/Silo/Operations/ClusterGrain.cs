using System.Collections.Immutable;
using Broker.Contracts.Cluster;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;
using Broker.Silo.Streams;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace Broker.Silo.Operations;

/// <inheritdoc cref="IClusterGrain"/>
[StatelessWorker]
internal sealed class ClusterGrain(
    IClusterMembershipService membership,
    ShardHosts hosts,
    IClusterLevel level,
    TimeProvider time,
    IOptions<Orleans.Configuration.ClusterOptions> cluster) : Grain, IClusterGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(25);

    public async Task<ClusterState> GetStateAsync()
    {
        var silos = await AskAllAsync();
        int now;
        try
        {
            now = await level.ReadAsync(CancellationToken.None);
        }
        catch (StorageException)
        {
            now = -1;
        }

        return new ClusterState(cluster.Value.ClusterId, now, [.. silos]);
    }

    public async Task DrainAsync(string silo, bool isDrained)
    {
        var silos = await AskAllAsync();
        var named = silos.Where(entry => entry.Name == silo || entry.Address == silo || entry.Address.Split('@')[0] == silo).ToList();
        if (named is not [{ State: nameof(SiloStatus.Active) } found])
        {
            throw new BrokerException(
                BrokerErrorCode.ResourceNotFound,
                $"silo is '{silo}': it must be the name or address of one active silo: {string.Join(", ", silos.Select(static entry => entry.Name))}.");
        }

        if (isDrained && !silos.Any(entry => entry != found && entry is { State: nameof(SiloStatus.Active), Report.IsDrained: false }))
        {
            throw new BrokerException(BrokerErrorCode.ResourceInUse, $"Silo {found.Name} cannot be drained: no other silo is active and takes shards.");
        }

        try
        {
            var member = membership.CurrentSnapshot.Members.Values.Single(member => member.SiloAddress.ToParsableString() == found.Address);
            await hosts.Of(member.SiloAddress).DrainAsync(isDrained).WaitAsync(Patience, time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or InvalidOperationException)
        {
            throw new BrokerException(BrokerErrorCode.Unavailable, $"Silo {found.Name} does not answer: {exception.Message}", exception);
        }
    }

    public async Task<(int Shards, ImmutableArray<string> Silent)> CheckShardsAsync()
    {
        // The members are those of the database, which may have gone back with the rest: those that it does not know any more end themselves.
        var members = membership.CurrentSnapshot.Members.Values.Where(static member => member.Status == SiloStatus.Active).ToList();
        var compared = await Task.WhenAll(members.Select(async member =>
        {
            try
            {
                return await hosts.Of(member.SiloAddress).CheckShardsAsync().WaitAsync(CheckPatience, time);
            }
            catch (Exception)
            {
                return -1;
            }
        }));
        return (compared.Where(static count => count > 0).Sum(), [.. members.Where((_, i) => compared[i] < 0).Select(static member => member.Name)]);
    }

    public async Task<ImmutableArray<ProcessReport>> DiagnoseAsync()
    {
        var reports = await Task.WhenAll(membership.CurrentSnapshot.Members.Values.Where(static member => member.Status == SiloStatus.Active).Select(async member =>
        {
            try
            {
                return await hosts.Of(member.SiloAddress).DiagnoseAsync().WaitAsync(Patience, time);
            }
            catch (Exception)
            {
                return null;
            }
        }));
        return [.. reports.OfType<ProcessReport>()];
    }

    public async Task<(int Before, int After)> UpgradeAsync(int wanted)
    {
        var silos = await AskAllAsync();
        try
        {
            var before = await level.ReadAsync(CancellationToken.None);
            var target = wanted == 0 ? Math.Max(before, silos.Min(entry => entry.Report?.HighestLevel ?? before)) : wanted;
            if (target < before)
            {
                throw new BrokerException(BrokerErrorCode.InvalidArgument, $"level is {target}: it must be {before}, which the cluster is at, or more. Levels are never lowered.");
            }

            // Where nothing was named, one that does not say holds all others back, which must be told and not look like success.
            if ((wanted == 0 ? FirstSilent(silos) : silos.FirstOrDefault(entry => !(entry.Report?.HighestLevel >= target))) is { } behind)
            {
                throw new BrokerException(
                    BrokerErrorCode.ResourceInUse,
                    behind.Report is { } report
                        ? $"Level {target} is above what silo {behind.Name} serves ({report.LeastLevel} to {report.HighestLevel}, build {report.Version}): replace it by a newer release first."
                        : $"Silo {behind.Name} ({behind.State}) does not say which levels it serves: it is of an older release, or does not answer. Replace it, or wait for it.");
            }

            await level.RaiseAsync(target, CancellationToken.None);
            return (before, target);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
    }

    private static SiloEntry? FirstSilent(List<SiloEntry> silos) => silos.FirstOrDefault(static entry => entry.Report is null);

    /// <summary>All members but those that are gone, by address, each with what it tells.</summary>
    private async Task<List<SiloEntry>> AskAllAsync()
    {
        await membership.Refresh();
        var members = membership.CurrentSnapshot.Members.Values
            .Where(static member => member.Status is not (SiloStatus.Dead or SiloStatus.None)).OrderBy(static member => member.SiloAddress).ToList();
        return [.. await Task.WhenAll(members.Select(async member => new SiloEntry(
            member.Name, member.SiloAddress.ToParsableString(), member.Status.ToString(), await AskAsync(member.SiloAddress))))];
    }

    private async Task<SiloReport?> AskAsync(SiloAddress silo)
    {
        try
        {
            return await hosts.Of(silo).ReportAsync().WaitAsync(Patience, time);
        }
        catch (Exception)
        {
            // Gone, slow, or of a build that has no such call.
            return null;
        }
    }
}
