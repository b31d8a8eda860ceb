using Broker.Contracts.Leases;
using Broker.Gateway.Groups;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

public sealed partial class ApplicationService
{
    public async Task<V1.DescribeApplicationResponse> DescribeApplication(V1.DescribeApplicationRequest request, ServerCallContext context)
    {
        var table = grains.LeaseTable(Checked(request.ApplicationName));
        var found = await MovingGrain.AskAsync(table.DescribeAsync, clock, context.CancellationToken);
        var behind = await lags.FindAsync(found.Leases, context.CancellationToken);
        var response = new V1.DescribeApplicationResponse
        {
            Application = ToMessage(found.Entry),
            FailoverTime = Duration.FromTimeSpan(found.FailoverTime),
            HandOverTime = Duration.FromTimeSpan(found.HandOverTime),
        };
        response.Workers.AddRange(found.Workers.Select(ToMessage));
        for (var i = 0; i < found.Leases.Length; i++)
        {
            response.Leases.Add(ToMessage(found.Leases[i], behind[i]));
        }

        return response;
    }

    private static V1.Worker ToMessage(WorkerDescription worker)
    {
        var message = new V1.Worker
        {
            WorkerId = worker.Id,
            LeaseCount = worker.LeaseCount,
            BytesPerSecond = worker.BytesPerSecond,
            SilentFor = Duration.FromTimeSpan(worker.SilentFor),
        };
        if (worker.CpuPercent is { } cpu)
        {
            message.CpuPercent = cpu;
        }

        return message;
    }

    private static V1.Lease ToMessage(LeaseDescription lease, (long Records, long Milliseconds)? behind)
    {
        var message = new V1.Lease
        {
            StreamName = lease.Lease.StreamName,
            ShardId = lease.Lease.Shard.Shard.ToString(),
            WorkerId = lease.Owner ?? "",
            LeaseCounter = lease.Lease.Counter,
            Checkpoint = LeaseMessages.ToMessage(lease.Lease.Checkpoint),
            PendingCheckpoint = lease.Lease.Pending is { } pending ? LeaseMessages.ToMessage(pending) : null,
            OwnerSwitchesSinceCheckpoint = lease.OwnerSwitchesSinceCheckpoint,
            BytesPerSecond = lease.BytesPerSecond,
            HandOverTo = lease.HandOverTo ?? "",
        };
        message.ParentShards.AddRange(lease.Lease.Parents.Select(parent => parent.ToString()));
        if (behind is var (records, milliseconds))
        {
            message.RecordsBehind = records;
            message.MillisBehind = milliseconds;
        }

        return message;
    }
}
