using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Gateway.Errors;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Groups;

/// <content>What the worker says.</content>
internal sealed partial class GroupMember
{
    private async Task HandleAsync(V1.ConsumeRequest request)
    {
        switch (request.MessageCase)
        {
            case V1.ConsumeRequest.MessageOneofCase.Credit:
                if (request.Credit.Bytes is < 1 or > ConsumeCredit.MaxBytes)
                {
                    throw Invalid($"credit.bytes is {request.Credit.Bytes}: it must be 1 to {ConsumeCredit.MaxBytes}.");
                }

                credit.Give(request.Credit.Bytes);
                Find(request.Credit.LeaseId)?.Own?.Give(request.Credit.Bytes);
                break;
            case V1.ConsumeRequest.MessageOneofCase.Report:
                Volatile.Write(ref cpuPercent, request.Report.HasCpuPercent ? request.Report.CpuPercent : double.NaN);
                break;
            case V1.ConsumeRequest.MessageOneofCase.Checkpoint:
                await BeginCheckpointAsync(request.Checkpoint);
                break;
            case V1.ConsumeRequest.MessageOneofCase.Release:
                await BeginReleaseAsync(request.Release.LeaseId);
                break;
            default:
                throw Invalid("A message after the first must be a checkpoint, a release, credit or a report.");
        }
    }

    private async Task BeginCheckpointAsync(V1.ConsumeCheckpoint request)
    {
        if (Find(request.LeaseId) is not { } lease)
        {
            await AnswerAsync(request, BrokerErrorCode.LeaseLost, $"The lease {request.LeaseId} is not held in this call.");
            return;
        }

        await changes.WaitAsync(ending.Token);
        lease.Changes = Chain(lease.Changes, () => CheckpointAsync(lease, request));
    }

    private async Task BeginReleaseAsync(ulong id)
    {
        if (Find(id) is not { } lease)
        {
            return;
        }

        lease.Stop();
        lease.IsEnding = true;
        await changes.WaitAsync(ending.Token);
        lease.Changes = Chain(lease.Changes, async () =>
        {
            try
            {
                await lease.Reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await MovingGrain.AskAsync(() => table.ReleaseAsync(lease.Hold), clock, ending.Token);
            }
            finally
            {
                changes.Release();
            }
        });
    }

    private GrantedLease? Find(ulong id)
    {
        lock (sync)
        {
            return granted.GetValueOrDefault(id);
        }
    }

    private async Task CheckpointAsync(GrantedLease lease, V1.ConsumeCheckpoint request)
    {
        try
        {
            var checkpoint = Read(lease, request);
            lease.IsEnding |= checkpoint.IsShardEnd && !request.Pending;
            var result = await MovingGrain.AskAsync(
                () => request.Pending ? table.PrepareCheckpointAsync(lease.Hold, checkpoint) : table.CheckpointAsync(lease.Hold, checkpoint),
                clock,
                CancellationToken.None);
            lease.IsEnding &= result.Code == BrokerErrorCode.None;
            await AnswerAsync(request, result.Code, result.Message);
        }
        catch (BrokerException exception)
        {
            await AnswerAsync(request, exception.Code, exception.Message);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            await AnswerAsync(request, BrokerErrorCode.Unavailable, $"The leases of application {application} cannot be written now; retry.");
        }
        finally
        {
            changes.Release();
        }
    }

    private static LeaseCheckpoint Read(GrantedLease lease, V1.ConsumeCheckpoint request)
    {
        var shard = lease.Lease.Shard.Shard;
        if (request.ShardEnd)
        {
            return request.SequenceNumber.Length > 0 ? throw Invalid("checkpoint has shard_end and a sequence_number: it must have one of them.")
                : !lease.HasEnded && !request.Pending ? throw Invalid($"checkpoint.shard_end is true: not all records of {shard} were pushed yet.")
                : LeaseCheckpoint.ShardEnd;
        }

        if (!SequenceNumber.TryParse(request.SequenceNumber, out var number) || number.ShardIndex != shard.Index
            || (lease.Shard is { } known && number.ShardCreatedSecond != known.CreatedSecond))
        {
            throw Invalid($"checkpoint.sequence_number is '{request.SequenceNumber[..Math.Min(160, request.SequenceNumber.Length)]}': it must be one of {shard}.");
        }

        var checkpoint = LeaseCheckpoint.At(number, request.HasSubSequenceNumber ? request.SubSequenceNumber : null);
        return checkpoint.NextPosition + (request.HasSubSequenceNumber ? 1 : 0) <= lease.Delivered ? checkpoint
            : throw Invalid($"checkpoint.sequence_number is {number}: it lies beyond what was pushed of {shard}.");
    }

    private Task AnswerAsync(V1.ConsumeCheckpoint request, BrokerErrorCode code, string? message) => writer.WriteAsync(new V1.ConsumeResponse
    {
        Checkpointed = new V1.ConsumeCheckpointed
        {
            LeaseId = request.LeaseId,
            RequestId = request.RequestId,
            ErrorCode = code == BrokerErrorCode.None ? "" : BrokerErrors.Find(code).Reason,
            ErrorMessage = code == BrokerErrorCode.None ? "" : message ?? code.ToString(),
        },
    });

    private static BrokerException Invalid(string message) => new(BrokerErrorCode.InvalidArgument, message);
}
