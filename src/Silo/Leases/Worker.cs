using System.Collections.Frozen;

namespace Broker.Silo.Leases;

/// <summary>A worker of an application; not durable. One that did not join this activation is known from its leases alone.</summary>
internal sealed class Worker(string id, Guid session)
{
    public string Id { get; } = id;

    /// <summary>The call that it is; another one supersedes it.</summary>
    public Guid Session { get; } = session;

    /// <summary>Whether it can be given leases.</summary>
    public bool HasJoined { get; init; }

    public FrozenSet<string> Streams { get; init; } = [];

    /// <summary>Most leases.</summary>
    public int MaxLeases { get; init; } = int.MaxValue;

    public double Capacity { get; init; } = 1;

    public double? CpuPercent { get; set; }

    /// <summary>Timestamp of when the worker itself was last heard.</summary>
    public long HeardAt { get; set; }

    /// <summary>Moves with every change of its leases.</summary>
    public long Version { get; set; }
}
