using Broker.Contracts.Leases;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Gateway.Groups;

/// <content>Leases that come and go.</content>
internal sealed partial class GroupMember
{
    private void Start(HeldLease lease)
    {
        GrantedLease started;
        lock (sync)
        {
            started = new GrantedLease(
                ++lastId, lease, new LeaseHold(lease.Shard, command.Worker, command.Session, lease.Counter), writer, credit,
                leaseCreditBytes > 0 ? new ConsumeCredit(leaseCreditBytes) : null);
            held[lease.Shard] = started;
            granted[started.Id] = started;
        }

        started.Reading = ReadAsync(started);
    }

    /// <summary>Gives a lease back of which the worker was never told: another is to have it already.</summary>
    private async Task PassOnAsync(HeldLease lease)
    {
        try
        {
            await MovingGrain.AskAsync(
                () => table.ReleaseAsync(new LeaseHold(lease.Shard, command.Worker, command.Session, lease.Counter)), clock, ending.Token);
        }
        catch (Exception)
        {
            // The call is over, or the table not to be had: the lease is taken when its time to be handed over is.
        }
    }

    private async Task LoseAsync(GrantedLease lease)
    {
        await StopAsync(lease);
        try
        {
            if (!lease.IsEnding)
            {
                await writer.WriteAsync(new V1.ConsumeResponse
                {
                    LeaseLost = new V1.ConsumeLeaseLost { LeaseId = lease.Id, Message = $"{lease.Lease.Shard.Shard} of {lease.Lease.StreamName} is another's by now." },
                });
            }
        }
        catch (Exception)
        {
            // The call is over.
        }

        await lease.Changes.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Forget(lease);
    }

    private async Task AskAsync(GrantedLease lease, TimeSpan within)
    {
        await StopAsync(lease);
        try
        {
            await writer.WriteAsync(new V1.ConsumeResponse
            {
                HandOver = new V1.ConsumeHandOver { LeaseId = lease.Id, Within = Duration.FromTimeSpan(within) },
            });
        }
        catch (Exception)
        {
            // The call is over.
        }
    }

    /// <summary>A lease that was asked for, not released, and not taken because nobody waits for it any more, begins anew.</summary>
    private void ReleaseOverdue()
    {
        lock (sync)
        {
            var now = clock.GetTimestamp();
            foreach (var lease in held.Values.Where(lease => lease.AskedUntil < now && !lease.IsEnding))
            {
                lease.IsEnding = true;
                lease.Changes = Chain(lease.Changes, () => table.ReleaseAsync(lease.Hold));
            }
        }
    }

    private static async Task StopAsync(GrantedLease lease)
    {
        lease.Stop();
        await lease.Reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task Chain(Task before, Func<Task> next)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await next();
    }

    private void Forget(GrantedLease lease)
    {
        lock (sync)
        {
            granted.Remove(lease.Id);
            if (held.GetValueOrDefault(lease.Lease.Shard) == lease)
            {
                held.Remove(lease.Lease.Shard);
            }
        }
    }
}
