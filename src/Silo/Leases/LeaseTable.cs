using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Silo.Leases.Rows;

namespace Broker.Silo.Leases;

/// <summary>The state machine of an application's leases: plain code on an injected clock. Its grain takes turns on it and makes what changed durable.</summary>
/// <remarks>
/// <para>
/// Durable are the application's row and a row a lease, which <see cref="TakeChanges"/> tells; nothing may be answered before they are written.
/// Who lives, hand-overs and rates are not: after <see cref="Load"/> every owner has its fail-over time anew.
/// </para>
/// <para>
/// A lease is held by (worker, call, counter). Every grant has a new counter, so whoever lost a lease, knowing it or not, can change
/// nothing of it; the row's version keeps out what another activation of the grain would write.
/// </para>
/// </remarks>
internal sealed partial class LeaseTable(string application, string account, TimeProvider time, LeaseOptions options)
{
    /// <summary>How often rates are looked at; whatever else tips the balance is seen to at once.</summary>
    private static readonly TimeSpan BalanceInterval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<ShardKey, Lease> leases = [];
    private readonly Dictionary<string, Worker> workers = new(StringComparer.Ordinal);
    private readonly HashSet<ShardKey> changed = [];

    /// <summary>Versions of rows whose leases are gone, until that is durable.</summary>
    private readonly Dictionary<ShardKey, long> removed = [];
    private long applicationVersion;
    private bool hasApplicationChanged;
    private bool mustBalance = true;
    private long lastBalance;
    private long nextVersion = Random.Shared.NextInt64(1L << 40);
    private long lastTurn = time.GetTimestamp();

    /// <summary>Null where nobody ever joined, or it was deleted.</summary>
    public ApplicationRow? Application { get; private set; }

    public TimeSpan FailoverTime => TimeSpan.FromMilliseconds(Application?.FailoverMilliseconds ?? options.FailoverTime.TotalMilliseconds);

    public TimeSpan HandOverTime => TimeSpan.FromMilliseconds(Application?.HandOverMilliseconds ?? options.HandOverTime.TotalMilliseconds);

    public bool HasWorkers => workers.Count > 0;

    public IReadOnlyDictionary<ShardKey, Lease> Leases => leases;

    /// <summary>Takes over what is durable. Whoever owns a lease lives for its fail-over time from now on.</summary>
    /// <param name="row">The application; null for none.</param>
    /// <param name="version">Its row's version; 0 for none.</param>
    /// <param name="rows">The leases.</param>
    public void Load(ApplicationRow? row, long version, IEnumerable<Lease> rows)
    {
        var before = leases.ToDictionary();
        leases.Clear();
        changed.Clear();
        removed.Clear();
        hasApplicationChanged = false;
        mustBalance = true;
        Application = row;
        applicationVersion = version;
        foreach (var lease in rows)
        {
            if (before.TryGetValue(lease.Shard, out var known))
            {
                lease.BytesPerSecond = known.BytesPerSecond;
            }

            leases.Add(lease.Shard, lease);
            if (lease.Row is { Owner: { } owner, Session: { } session })
            {
                workers.TryAdd(owner, new Worker(owner, session));
            }
        }

        var now = time.GetTimestamp();
        foreach (var worker in workers.Values)
        {
            worker.HeardAt = now;
            worker.Version = nextVersion++;
        }

        lastTurn = now;
    }

    /// <summary>Begins a turn: whoever was silent for too long is out, and what was not handed over in time is taken.</summary>
    public void Advance()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(lastTurn, now) > FailoverTime / 2)
        {
            // The silo stood still, or its store did: what the workers said meanwhile was not heard.
            foreach (var worker in workers.Values)
            {
                worker.HeardAt = now;
            }
        }

        lastTurn = now;
        foreach (var worker in workers.Values.Where(worker => time.GetElapsedTime(worker.HeardAt, now) >= FailoverTime).ToList())
        {
            Remove(worker);
        }

        foreach (var lease in leases.Values)
        {
            if (lease.HandOver is { } handOver)
            {
                if (!workers.ContainsKey(handOver.To))
                {
                    lease.HandOver = null;
                    Touch(lease.Row.Owner);
                }
                else if (time.GetElapsedTime(handOver.Asked, now) >= HandOverTime)
                {
                    Free(lease);
                }
            }
        }
    }

    /// <summary>Ends a turn: gives free leases away and evens out.</summary>
    public void Balance()
    {
        if ((!mustBalance && time.GetElapsedTime(lastBalance) < BalanceInterval) || !workers.Values.Any(worker => worker.HasJoined))
        {
            return;
        }

        mustBalance = false;
        lastBalance = time.GetTimestamp();
        var names = StreamNames();
        var balancer = new LeaseBalancer(
            workers.Values, leases.Values, lease => names.GetValueOrDefault(lease.Shard.Stream.Value, ""), IsSettled, options.MoveThreshold);
        foreach (var move in balancer.Grant())
        {
            Give(move.Lease, move.To);
        }

        foreach (var move in balancer.Move())
        {
            move.Lease.HandOver = new HandOver(move.To.Id, time.GetTimestamp());
            Touch(move.Lease.Row.Owner);
        }
    }

    public LeaseResult Checkpoint(in LeaseHold hold, in LeaseCheckpoint checkpoint)
    {
        if (Find(hold) is not { } lease)
        {
            return Lost(hold);
        }

        if (checkpoint.IsShardEnd)
        {
            lease.SetCheckpoint(checkpoint);
            Free(lease);
            return default;
        }

        if (IsBackwards(lease, checkpoint))
        {
            return LeaseErrors.Backwards(hold, checkpoint, lease.Checkpoint);
        }

        if (lease.Checkpoint != checkpoint || lease.Row.Pending is not null)
        {
            lease.SetCheckpoint(checkpoint);
            changed.Add(lease.Shard);
        }

        return default;
    }

    public LeaseResult PrepareCheckpoint(in LeaseHold hold, in LeaseCheckpoint pending)
    {
        if (Find(hold) is not { } lease)
        {
            return Lost(hold);
        }

        if (!pending.IsShardEnd && IsBackwards(lease, pending))
        {
            return LeaseErrors.Backwards(hold, pending, lease.Checkpoint);
        }

        lease.Row = lease.Row with { Pending = CheckpointRow.Of(pending) };
        changed.Add(lease.Shard);
        return default;
    }

    public LeaseResult Release(in LeaseHold hold)
    {
        if (Find(hold) is not { } lease)
        {
            return Lost(hold);
        }

        Free(lease);
        return default;
    }

    /// <summary>What turns changed, to be written before they are answered. Then <see cref="Committed"/>, or else <see cref="Load"/>.</summary>
    public TableChanges TakeChanges() => new(
        hasApplicationChanged ? new RowChange<ApplicationRow>(Application, applicationVersion) : null,
        [.. changed.Select(shard => leases.TryGetValue(shard, out var lease)
            ? KeyValuePair.Create(shard, new RowChange<LeaseRow>(lease.Row, lease.Version))
            : KeyValuePair.Create(shard, new RowChange<LeaseRow>(null, removed.GetValueOrDefault(shard))))
            .Where(change => change.Value is not { Row: null, Version: 0 })]);

    /// <summary>What was taken is durable.</summary>
    public void Committed()
    {
        foreach (var shard in changed)
        {
            if (leases.TryGetValue(shard, out var lease))
            {
                lease.Version++;
            }
        }

        applicationVersion = !hasApplicationChanged ? applicationVersion : Application is null ? 0 : applicationVersion + 1;
        hasApplicationChanged = false;
        changed.Clear();
        removed.Clear();
    }

    /// <summary>The lease that is held so, if it is. Whoever holds one and says so lives.</summary>
    private Lease? Find(in LeaseHold hold)
    {
        if (leases.TryGetValue(hold.Shard, out var lease) && lease.Row.Owner == hold.Worker && lease.Row.Session == hold.Session
            && lease.Row.Counter == hold.Counter && workers.TryGetValue(hold.Worker, out var worker))
        {
            worker.HeardAt = time.GetTimestamp();
            return lease;
        }

        return null;
    }

    private LeaseResult Lost(in LeaseHold hold) => LeaseErrors.Lost(hold, leases.GetValueOrDefault(hold.Shard)?.Row.Owner);

    private static bool IsBackwards(Lease lease, in LeaseCheckpoint checkpoint) =>
        lease.Checkpoint.Type == CheckpointType.SequenceNumber && (checkpoint.Type != CheckpointType.SequenceNumber || checkpoint.IsBelow(lease.Checkpoint));

    private bool IsSettled(Lease lease) => lease.MovedAt is not { } moved || time.GetElapsedTime(moved) >= options.MoveCooldown;

    private void Give(Lease lease, Worker worker)
    {
        lease.Row = lease.Row with
        {
            Owner = worker.Id,
            Session = worker.Session,
            Counter = lease.Row.Counter + 1,
            OwnerSwitchesSinceCheckpoint = lease.Row.OwnerSwitchesSinceCheckpoint + 1,
            BytesPerSecond = lease.BytesPerSecond,
        };
        lease.HandOver = null;
        lease.MovedAt = null;
        changed.Add(lease.Shard);
        Touch(worker.Id);
    }

    /// <summary>Takes a lease from its owner; to whom it was to be handed over gets it.</summary>
    private void Free(Lease lease)
    {
        mustBalance = true;
        Touch(lease.Row.Owner);
        var to = lease.HandOver?.To;
        lease.HandOver = null;
        if (to is not null && !lease.HasEnded && workers.TryGetValue(to, out var worker) && worker.HasJoined)
        {
            Give(lease, worker);
            lease.MovedAt = time.GetTimestamp();
            return;
        }

        lease.Row = lease.Row with { Owner = null, Session = null, Counter = lease.Row.Counter + 1 };
        changed.Add(lease.Shard);
    }

    private void Remove(Worker worker)
    {
        workers.Remove(worker.Id);
        foreach (var lease in leases.Values.Where(lease => lease.Row.Owner == worker.Id).ToList())
        {
            Free(lease);
        }
    }

    private void Touch(string? worker)
    {
        if (worker is not null && workers.TryGetValue(worker, out var known))
        {
            known.Version = nextVersion++;
        }
    }

    private Dictionary<long, string> StreamNames() =>
        Application?.Streams.Where(stream => stream.Generation != 0).ToDictionary(stream => stream.Generation, stream => stream.Name) ?? [];
}
