using Broker.Contracts.Cluster;
using Broker.Contracts.Errors;
using Broker.Gateway.Groups;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Clusters;

/// <summary>broker.v1.ClusterService; a silo's grain does the work. Bound by <see cref="ClusterServiceMethods"/>.</summary>
public sealed class ClusterService(IBrokerGrains grains, LeaseLags lags, IEnumerable<IProcessDiagnostics> own, TimeProvider clock)
{
    private const int MaxApplications = 100;
    private static readonly TimeSpan DiagnosisPatience = TimeSpan.FromSeconds(3);

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

    public async Task<V1.GetDiagnosticsResponse> GetDiagnostics(V1.GetDiagnosticsRequest request, ServerCallContext context)
    {
        List<ProcessReport> reports = [.. own.Select(static process => process.Read())];
        try
        {
            var silos = await grains.Cluster.DiagnoseAsync().WaitAsync(DiagnosisPatience, clock, context.CancellationToken);
            reports.AddRange(silos.Where(silo => reports.TrueForAll(report => report.Id != silo.Id)));
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or BrokerException)
        {
            // That no silo answers may be the fault that is looked for.
        }

        var response = new V1.GetDiagnosticsResponse();
        response.Processes.AddRange(reports.Select(static report => new V1.ProcessDiagnostics
        {
            ProcessId = report.Id,
            Settings = { report.Configuration },
            Runtime = { report.Runtime },
            LogLines = { report.Log },
        }));
        return response;
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
