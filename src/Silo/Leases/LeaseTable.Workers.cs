using System.Collections.Frozen;
using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Silo.Leases.Rows;

namespace Broker.Silo.Leases;

/// <content>Workers that come, live and go.</content>
internal sealed partial class LeaseTable
{
    /// <summary>How much of what was measured before a new measurement of a lease's rate leaves.</summary>
    private const double Dampening = 0.7;

    /// <param name="command">The worker.</param>
    /// <exception cref="BrokerException">LimitExceeded; nothing has changed.</exception>
    public WorkerLeases Join(JoinCommand command)
    {
        if (!workers.ContainsKey(command.Worker) && workers.Count >= options.MaxWorkers)
        {
            throw LeaseErrors.TooManyWorkers(application, options.MaxWorkers);
        }

        AddStreams(command);
        var worker = new Worker(command.Worker, command.Session)
        {
            HasJoined = true,
            Streams = command.Streams.ToFrozenSet(StringComparer.Ordinal),
            MaxLeases = command.MaxLeases == 0 ? int.MaxValue : command.MaxLeases,
            Capacity = command.Capacity,
            HeardAt = time.GetTimestamp(),
            Version = nextVersion++,
        };
        workers[worker.Id] = worker;
        mustBalance = true;
        foreach (var lease in leases.Values)
        {
            if (lease.Row.Owner == worker.Id && lease.Row.Session != worker.Session)
            {
                // The other call may still be served somewhere: from now on it can change nothing.
                lease.Row = lease.Row with { Session = worker.Session, Counter = lease.Row.Counter + 1 };
                lease.HandOver = null;
                changed.Add(lease.Shard);
            }
        }

        return Tell(worker, knownVersion: -1);
    }

    /// <summary>Takes a worker's word; <see cref="Tell(string, Guid, long)"/> answers it, or refuses.</summary>
    public void Report(WorkerReport report)
    {
        if (Refuse(report.Worker, report.Session) is not null)
        {
            return;
        }

        var worker = workers[report.Worker];
        var heard = time.GetTimestamp() - (long)(report.SilentFor.TotalSeconds * time.TimestampFrequency);
        worker.HeardAt = Math.Max(worker.HeardAt, heard);
        worker.CpuPercent = report.CpuPercent;
        foreach (var rate in report.Rates)
        {
            if (leases.TryGetValue(rate.Shard, out var lease) && lease.Row.Owner == worker.Id)
            {
                lease.BytesPerSecond = lease.BytesPerSecond == 0
                    ? rate.BytesPerSecond
                    : (lease.BytesPerSecond * Dampening) + (rate.BytesPerSecond * (1 - Dampening));
            }
        }
    }

    /// <summary>What a worker has, when the turn's changes are made; leaves the leases out where their version is known.</summary>
    public WorkerLeases Tell(string worker, Guid session, long knownVersion) =>
        Refuse(worker, session) ?? Tell(workers[worker], knownVersion);

    public void Leave(string worker, Guid session)
    {
        if (workers.TryGetValue(worker, out var known) && known.Session == session)
        {
            Remove(known);
        }
    }

    /// <summary>The worker's call broke: a process that died says no more, and one that lives joins again soon.</summary>
    public void Disconnected(string worker, Guid session)
    {
        if (workers.TryGetValue(worker, out var known) && known.Session == session)
        {
            known.HeardAt = Math.Min(known.HeardAt, time.GetTimestamp() - (long)(FailoverTime.TotalSeconds / 2 * time.TimestampFrequency));
        }
    }

    public ApplicationDescription Describe()
    {
        var row = Known();
        var names = StreamNames();
        var now = time.GetTimestamp();
        return new ApplicationDescription(
            EntryOf(application, row),
            FailoverTime,
            HandOverTime,
            [.. workers.Values.OrderBy(worker => worker.Id, StringComparer.Ordinal).Select(worker =>
            {
                var own = leases.Values.Where(lease => lease.Row.Owner == worker.Id).ToList();
                return new WorkerDescription(
                    worker.Id, own.Count, own.Sum(lease => lease.BytesPerSecond), worker.CpuPercent, time.GetElapsedTime(worker.HeardAt, now));
            })],
            [.. leases.Values.OrderBy(lease => lease.Shard).Select(lease => new LeaseDescription(
                Hold(lease, names), lease.Row.Owner, lease.Row.OwnerSwitchesSinceCheckpoint, lease.BytesPerSecond, lease.HandOver?.To))]);
    }

    public static ApplicationListEntry EntryOf(string name, ApplicationRow row) =>
        new(name, [.. row.Streams.Select(stream => stream.Name)], row.CreatedUnixMilliseconds);

    private ApplicationRow Known() => Application ?? throw LeaseErrors.ApplicationNotFound(application, account);

    private WorkerLeases? Refuse(string worker, Guid session)
    {
        var known = workers.GetValueOrDefault(worker);
        if (Application is null)
        {
            return new WorkerLeases(BrokerErrorCode.ResourceNotFound, 0, [], FailoverTime, $"Application {application} was deleted.");
        }

        return known is { HasJoined: true } && known.Session == session ? null
            : known is not null && known.Session != session ? new WorkerLeases(
                BrokerErrorCode.ResourceInUse, 0, [], FailoverTime, $"Worker {worker} of application {application} joined by another call, which has its leases now.")
            : new WorkerLeases(BrokerErrorCode.Unavailable, 0, [], FailoverTime, $"Worker {worker} of application {application} must join again.");
    }

    private WorkerLeases Tell(Worker worker, long knownVersion)
    {
        if (worker.Version == knownVersion)
        {
            return new WorkerLeases(BrokerErrorCode.None, knownVersion, default, FailoverTime);
        }

        var names = StreamNames();
        return new WorkerLeases(
            BrokerErrorCode.None,
            worker.Version,
            [.. leases.Values.Where(lease => lease.Row.Owner == worker.Id).OrderBy(lease => lease.Shard).Select(lease => Hold(lease, names))],
            FailoverTime);
    }

    private HeldLease Hold(Lease lease, Dictionary<long, string> names) => new(
        lease.Shard,
        names.GetValueOrDefault(lease.Shard.Stream.Value, ""),
        lease.Row.Counter,
        lease.Checkpoint,
        lease.Row.Pending?.ToCheckpoint(),
        [.. (lease.Row.Parents ?? []).Select(index => new Contracts.Shards.ShardId(index))],
        lease.HandOver is { } handOver ? HandOverTime - time.GetElapsedTime(handOver.Asked) : null);

    private void AddStreams(JoinCommand command)
    {
        var row = Application ?? new ApplicationRow
        {
            CreatedUnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds(),
            FailoverMilliseconds = (long)options.FailoverTime.TotalMilliseconds,
            HandOverMilliseconds = (long)options.HandOverTime.TotalMilliseconds,
        };
        var known = row.Streams.Select(stream => stream.Name).ToHashSet(StringComparer.Ordinal);
        var added = command.Streams.Where(known.Add)
            .Select(name => new ApplicationStreamRow { Name = name, Position = CheckpointRow.Of(command.InitialPosition) }).ToList();
        if (known.Count > options.MaxStreams)
        {
            throw LeaseErrors.TooManyStreams(application, known.Count, options.MaxStreams);
        }

        var failover = (long?)command.FailoverTime?.TotalMilliseconds ?? row.FailoverMilliseconds;
        var handOver = (long?)command.HandOverTime?.TotalMilliseconds ?? row.HandOverMilliseconds;
        if (Application is null || added.Count > 0 || failover != row.FailoverMilliseconds || handOver != row.HandOverMilliseconds)
        {
            Application = row with
            {
                FailoverMilliseconds = failover,
                HandOverMilliseconds = handOver,
                Streams = [.. row.Streams.Concat(added).OrderBy(stream => stream.Name, StringComparer.Ordinal)],
            };
            hasApplicationChanged = true;
        }
    }
}
