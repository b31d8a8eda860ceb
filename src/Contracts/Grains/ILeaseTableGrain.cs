using Broker.Contracts.Errors;
using Broker.Contracts.Leases;

namespace Broker.Contracts.Grains;

/// <summary>An application's leases: who has which shard, how far it is processed, and who is given which next. Keyed by <c>account/application</c>.</summary>
/// <remarks>
/// Calls interleave, and are carried out in turns; those that change something return when it is durable. Whatever a worker changes is
/// conditional on its call and on the lease's counter. Members throw <see cref="BrokerException"/>: Unavailable or StorageFull where the
/// rows cannot be written now, and what each says.
/// </remarks>
[Alias("broker.ILeaseTableGrain")]
public interface ILeaseTableGrain : IGrainWithStringKey
{
    /// <summary>Makes a worker a member; makes the application where there is none. Repeatable.</summary>
    /// <remarks>Another call of the same worker is superseded, and its leases come under new counters.</remarks>
    /// <exception cref="BrokerException">ResourceNotFound: a stream. LimitExceeded: as many workers or streams as there may be.</exception>
    [Alias("Join")]
    Task<WorkerLeases> JoinAsync(JoinCommand command);

    /// <summary>Keeps a worker's leases its own, and tells them.</summary>
    [Alias("Report")]
    Task<WorkerLeases> ReportAsync(WorkerReport report);

    /// <summary>Records that a shard is processed up to a place; SHARD_END ends the lease.</summary>
    [Alias("Checkpoint")]
    Task<LeaseResult> CheckpointAsync(LeaseHold hold, LeaseCheckpoint checkpoint);

    /// <summary>Records what the next checkpoint will be.</summary>
    [Alias("PrepareCheckpoint")]
    Task<LeaseResult> PrepareCheckpointAsync(LeaseHold hold, LeaseCheckpoint pending);

    /// <summary>Gives a lease back, to the worker that it is being handed over to, or to whoever has least.</summary>
    [Alias("Release")]
    Task<LeaseResult> ReleaseAsync(LeaseHold hold);

    /// <summary>Takes a worker out; its leases are given to others. Repeatable.</summary>
    [Alias("Leave")]
    Task LeaveAsync(string worker, Guid session);

    /// <summary>A worker's call broke, without a goodbye: half of the fail-over time from now is what it has to join again.</summary>
    [Alias("Disconnected")]
    Task DisconnectedAsync(string worker, Guid session);

    /// <exception cref="BrokerException">ResourceNotFound: no worker ever joined, or it was deleted.</exception>
    [Alias("Describe")]
    Task<ApplicationDescription> DescribeAsync();

    /// <summary>Begins anew at a place: TRIM_HORIZON, LATEST or AT_TIMESTAMP.</summary>
    /// <exception cref="BrokerException">ResourceNotFound. ResourceInUse: a worker holds leases and <paramref name="force"/> is not set.</exception>
    [Alias("Reset")]
    Task ResetAsync(LeaseCheckpoint position, bool force);

    /// <exception cref="BrokerException">As <see cref="ResetAsync"/>.</exception>
    [Alias("Delete")]
    Task DeleteAsync(bool force);
}
