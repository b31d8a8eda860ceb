using Broker.Contracts.Cluster;
using Broker.Contracts.Errors;
using Broker.Gateway.Groups;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Clusters;

/// <summary>broker.v1.ClusterService; a silo's grain does the work. Bound by <see cref="ClusterServiceMethods"/>.</summary>
public sealed class ClusterService(IBrokerGrains grains, LeaseLags lags, TimeProvider clock)
{
    private const int MaxApplications = 100;

    public async Task<V1.GetClusterStatusResponse> GetClusterStatus(V1.GetClusterStatusRequest request, ServerCallContext context)
    {
        var state = await MovingGrain.AskAsync(grains.Cluster.GetStateAsync, clock, context.CancellationToken);
        var response = new V1.GetClusterStatusResponse { ClusterId = state.ClusterId };
        if (state.Level >= 0)
        {
            response.Level = state.Level;
        }

        response.Silos.AddRange(state.Silos.Select(ToMessage));
        if (request.IncludeLag)
        {
            var page = await MovingGrain.AskAsync(() => grains.Applications.ListAsync(null, MaxApplications), clock, context.CancellationToken);
            foreach (var application in page.Applications)
            {
                if (await FindLagAsync(application.Name, context.CancellationToken) is { } lag)
                {
                    response.Lags.Add(lag);
                }
            }
        }

        return response;
    }

    public async Task<V1.DrainSiloResponse> DrainSilo(V1.DrainSiloRequest request, ServerCallContext context)
    {
        StreamRequests.Check(request.Silo.Length > 0, "silo is empty: it must be the name or address of a silo.");
        await grains.Cluster.DrainAsync(request.Silo, !request.Undo).WaitAsync(context.CancellationToken);
        return new V1.DrainSiloResponse();
    }

    public async Task<V1.CheckShardsResponse> CheckShards(V1.CheckShardsRequest request, ServerCallContext context)
    {
        var (shards, silent) = await MovingGrain.AskAsync(grains.Cluster.CheckShardsAsync, clock, context.CancellationToken);
        return new V1.CheckShardsResponse { CheckedShards = shards, SilentSilos = { silent } };
    }

    public async Task<V1.UpgradeClusterResponse> UpgradeCluster(V1.UpgradeClusterRequest request, ServerCallContext context)
    {
        StreamRequests.Check(request.Level >= 0, $"level is {request.Level}: it must be 0 or more.");
        var (before, after) = await grains.Cluster.UpgradeAsync(request.Level).WaitAsync(context.CancellationToken);
        return new V1.UpgradeClusterResponse { PreviousLevel = before, Level = after };
    }

    private static V1.ClusterSilo ToMessage(SiloEntry silo) => new()
    {
        Name = silo.Name,
        Address = silo.Address,
        State = silo.State,
        Load = silo.Report is not { } report ? null : new V1.SiloLoad
        {
            Version = report.Version,
            Uptime = Duration.FromTimeSpan(TimeSpan.FromSeconds(report.UptimeSeconds)),
            LeastLevel = report.LeastLevel,
            HighestLevel = report.HighestLevel,
            ShardCount = report.Shards,
            BytesPerSecond = report.BytesPerSecond,
            RecordsPerSecond = report.RecordsPerSecond,
            MovesInFlight = report.MovesInFlight,
            Drained = report.IsDrained,
        },
    };

    /// <summary>Null for an application that was deleted meanwhile.</summary>
    private async Task<V1.ApplicationLag?> FindLagAsync(string application, CancellationToken cancellation)
    {
        try
        {
            var found = await MovingGrain.AskAsync(grains.LeaseTable(application).DescribeAsync, clock, cancellation);
            var behind = await lags.FindAsync(found.Leases, cancellation);
            return new V1.ApplicationLag
            {
                ApplicationName = application,
                RecordsBehind = behind.Sum(static lag => lag?.Records ?? 0),
                MillisBehind = behind.Max(static lag => lag?.Milliseconds) ?? 0,
            };
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            return null;
        }
    }
}
