using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Groups;

/// <content>What is pushed to the worker.</content>
internal sealed partial class GroupMember
{
    /// <summary>Pushes a lease's records from its checkpoint on, until the shard ends or the lease is to be pushed no more.</summary>
    private async Task ReadAsync(GrantedLease lease)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, lease.Stopping);
        long? position = null;
        while (!stop.IsCancellationRequested && !lease.HasEnded)
        {
            try
            {
                var route = await services.Routes.GetAsync(lease.Lease.Shard.Stream, stop.Token);
                if (await services.Routes.FindShardAsync(route, lease.Lease.Shard.Shard, stop.Token) is not var (found, shard))
                {
                    // Gone with its records: the table ends the lease when it sees it.
                    await Task.Delay(Pause, clock, stop.Token);
                    continue;
                }

                if (position is null)
                {
                    lease.Shard = shard;
                    position = await BeginAsync(lease, shard, stop.Token);
                }
                else
                {
                    position = lease.Delivered;
                }

                await services.NewReader(historyTurns, lease.ReadyAsync).RunAsync(found, shard, position.Value, null, Guid.Empty, lease, stop.Token);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.DataLoss)
            {
                Fail(exception);
                return;
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.LeaseLost)
            {
                return;
            }
            catch (Exception exception)
            {
                LogReadFailed(application, command.Worker, $"{lease.Lease.Shard.Shard} of {lease.Lease.StreamName}", exception);
                await Task.Delay(Pause, clock, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Finds where a lease begins, and tells the worker that it has it.</summary>
    private async Task<long> BeginAsync(GrantedLease lease, ShardDescription shard, CancellationToken cancellation)
    {
        var checkpoint = lease.Lease.Checkpoint;
        var position = await FindAsync(lease.Lease.Shard, checkpoint, cancellation);
        if (checkpoint.Type == CheckpointType.Latest)
        {
            // Fixed before anything is pushed: a worker that dies before its first checkpoint must not cost the records that came since.
            checkpoint = LeaseCheckpoint.At(new SequenceNumber(shard.CreatedSecond, shard.Id.Index, position, 0));
            var result = await MovingGrain.AskAsync(() => table.CheckpointAsync(lease.Hold, checkpoint), clock, cancellation);
            if (result.Code != BrokerErrorCode.None)
            {
                throw new BrokerException(result.Code, result.Message ?? $"{shard.Id} could not be begun: {result.Code}.");
            }
        }

        lease.Delivered = position;
        var message = new V1.ConsumeLeaseGranted
        {
            LeaseId = lease.Id,
            StreamName = lease.Lease.StreamName,
            ShardId = shard.Id.ToString(),
            LeaseCounter = lease.Lease.Counter,
            Checkpoint = LeaseMessages.ToMessage(checkpoint),
            PendingCheckpoint = lease.Lease.Pending is { } pending ? LeaseMessages.ToMessage(pending) : null,
            HashKeyRange = new V1.HashKeyRange
            {
                StartingHashKey = shard.Range.Start.ToString(),
                EndingHashKey = shard.Range.End.ToString(),
            },
        };
        message.ParentShards.AddRange(lease.Lease.Parents.Select(parent => parent.ToString()));
        await writer.WriteAsync(new V1.ConsumeResponse { LeaseGranted = message });
        return position;
    }

    private async Task<long> FindAsync(ShardKey shard, LeaseCheckpoint checkpoint, CancellationToken cancellation)
    {
        switch (checkpoint.Type)
        {
            case CheckpointType.TrimHorizon:
                return 0;
            case CheckpointType.SequenceNumber:
                return checkpoint.NextPosition;
            default:
                var time = checkpoint.Type == CheckpointType.Latest ? long.MaxValue : checkpoint.UnixMilliseconds;
                var found = await new MovingShard(services.Grains.Shard(shard), clock).FindAsync(time, cancellation);
                return found.Code == BrokerErrorCode.None
                    ? found.Position
                    : throw new BrokerException(found.Code, found.Message ?? $"{shard.Shard} did not find a place: {found.Code}.");
        }
    }
}
