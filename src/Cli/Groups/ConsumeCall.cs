using Broker.V1;
using Grpc.Core;

namespace Broker.Cli.Groups;

/// <summary>One Consume call from the worker's side: writes what comes, checkpoints it, hands over what is asked for.</summary>
/// <remarks>
/// At most one checkpoint of a lease is on its way; the next one takes whatever was written meanwhile. One message is handled at a time,
/// under <see cref="handling"/>, and goodbye is said between two, so that all that was written is checkpointed.
/// </remarks>
internal sealed class ConsumeCall(AsyncDuplexStreamingCall<ConsumeRequest, ConsumeResponse> call) : IDisposable
{
    /// <summary>Good for every fail-over time that there can be.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim handling = new(1);
    private readonly SemaphoreSlim sending = new(1);
    private readonly Dictionary<ulong, Lease> leases = [];
    private bool isLeaving;

    /// <summary>Writes the records of a shard; tells how many, and whether these were the last that are wanted.</summary>
    public delegate Task<(int Written, bool IsEnough)> Write(string shardId, ConsumeRecords records, CancellationToken cancellation);

    /// <summary>Serves until goodbye is said, and answered.</summary>
    public async Task RunAsync(ConsumeJoin join, Write write, Action joined, CancellationToken stop, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await SendAsync(new ConsumeRequest { Join = join });
        Task? reporting = null;
        await using var stopping = stop.Register(() => _ = LeaveSoonAsync());
        try
        {
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (call.ResponseStream.Current.Joined is not null)
                {
                    joined();
                    reporting ??= ReportAsync(over.Token);
                    continue;
                }

                await handling.WaitAsync(cancellation);
                try
                {
                    await HandleAsync(call.ResponseStream.Current, write, cancellation);
                }
                finally
                {
                    handling.Release();
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await (reporting ?? Task.CompletedTask);
        }
    }

    public void Dispose()
    {
        call.Dispose();
    }

    private async Task HandleAsync(ConsumeResponse response, Write write, CancellationToken cancellation)
    {
        switch (response.MessageCase)
        {
            case ConsumeResponse.MessageOneofCase.LeaseGranted:
                leases[response.LeaseGranted.LeaseId] = new Lease(response.LeaseGranted.LeaseId, response.LeaseGranted.ShardId);
                break;
            case ConsumeResponse.MessageOneofCase.Records when leases.TryGetValue(response.Records.LeaseId, out var lease):
                await RecordsAsync(lease, response.Records, write, cancellation);
                break;
            case ConsumeResponse.MessageOneofCase.ShardEnded when leases.TryGetValue(response.ShardEnded.LeaseId, out var lease):
                lease.HasEnded = !isLeaving;
                await CheckpointAsync(lease);
                break;
            case ConsumeResponse.MessageOneofCase.HandOver when leases.TryGetValue(response.HandOver.LeaseId, out var lease):
                lease.IsAskedFor = true;
                await CheckpointAsync(lease);
                break;
            case ConsumeResponse.MessageOneofCase.Checkpointed when leases.TryGetValue(response.Checkpointed.LeaseId, out var lease):
                lease.IsOnItsWay = false;
                await CheckpointAsync(lease);
                break;
            case ConsumeResponse.MessageOneofCase.LeaseLost:
                leases.Remove(response.LeaseLost.LeaseId);
                break;
        }
    }

    private async Task RecordsAsync(Lease lease, ConsumeRecords records, Write write, CancellationToken cancellation)
    {
        if (records.Records.Count == 0 || isLeaving)
        {
            return;
        }

        var (written, isEnough) = await write(lease.ShardId, records, cancellation);
        if (written > 0)
        {
            lease.Written = records.Records[written - 1].SequenceNumber;
            await CheckpointAsync(lease);
        }

        if (isEnough)
        {
            await LeaveAsync();
        }
        else
        {
            await SendAsync(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = records.CreditBytes } });
        }
    }

    /// <summary>Checkpoints what was written since the last one, its shard's end, or gives the lease back when nothing is left to do.</summary>
    private async Task CheckpointAsync(Lease lease)
    {
        if (lease.IsOnItsWay || isLeaving)
        {
            return;
        }

        if (lease.Written is { } number)
        {
            lease.Written = null;
            lease.IsOnItsWay = true;
            await SendAsync(Checkpoint(lease, number));
        }
        else if (lease.HasEnded)
        {
            leases.Remove(lease.Id);
            await SendAsync(new ConsumeRequest { Checkpoint = new ConsumeCheckpoint { LeaseId = lease.Id, ShardEnd = true } });
        }
        else if (lease.IsAskedFor)
        {
            leases.Remove(lease.Id);
            await SendAsync(new ConsumeRequest { Release = new ConsumeRelease { LeaseId = lease.Id } });
        }
    }

    private async Task ReportAsync(CancellationToken cancellation)
    {
        try
        {
            using var timer = new PeriodicTimer(ReportInterval);
            while (await timer.WaitForNextTickAsync(cancellation) && !isLeaving)
            {
                await SendAsync(new ConsumeRequest { Report = new ConsumeReport() });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The call is over; what it ended with is told by its responses.
        }
    }

    private async Task LeaveSoonAsync()
    {
        await handling.WaitAsync();
        try
        {
            await LeaveAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or ObjectDisposedException)
        {
            // The call is over; what it ended with is told by its responses.
        }
        finally
        {
            handling.Release();
        }
    }

    /// <summary>Checkpoints all that was written and says goodbye.</summary>
    private async Task LeaveAsync()
    {
        await sending.WaitAsync();
        try
        {
            if (isLeaving)
            {
                return;
            }

            isLeaving = true;
            foreach (var lease in leases.Values)
            {
                if (lease.Written is { } number)
                {
                    await call.RequestStream.WriteAsync(Checkpoint(lease, number));
                }
            }

            await call.RequestStream.CompleteAsync();
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task SendAsync(ConsumeRequest request)
    {
        await sending.WaitAsync();
        try
        {
            if (!isLeaving)
            {
                await call.RequestStream.WriteAsync(request);
            }
        }
        finally
        {
            sending.Release();
        }
    }

    private static ConsumeRequest Checkpoint(Lease lease, string number) =>
        new() { Checkpoint = new ConsumeCheckpoint { LeaseId = lease.Id, SequenceNumber = number } };

    private sealed class Lease(ulong id, string shardId)
    {
        public ulong Id { get; } = id;

        public string ShardId { get; } = shardId;

        /// <summary>The last record written and not checkpointed; null for none.</summary>
        public string? Written { get; set; }

        /// <summary>A checkpoint is not answered yet.</summary>
        public bool IsOnItsWay { get; set; }

        public bool HasEnded { get; set; }

        public bool IsAskedFor { get; set; }
    }
}
