using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Silo.Leases.Rows;

namespace Broker.Silo.Leases;

/// <summary>A lease in its table: its row, and what no restart needs to keep.</summary>
internal sealed class Lease(ShardKey shard, LeaseRow row, long version)
{
    public ShardKey Shard { get; } = shard;

    /// <summary>As it is, or will be when the present turn's write is durable.</summary>
    public LeaseRow Row { get; set; } = row;

    /// <summary>The durable row's version; 0 where there is none yet.</summary>
    public long Version { get; set; } = version;

    /// <summary>The checkpoint, read once.</summary>
    public LeaseCheckpoint Checkpoint { get; private set; } = row.Checkpoint.ToCheckpoint();

    /// <summary>Bytes a second that are pushed of it.</summary>
    public double BytesPerSecond { get; set; } = row.BytesPerSecond;

    /// <summary>Timestamp of when its owner got it from another for balance; null where it came otherwise.</summary>
    public long? MovedAt { get; set; }

    /// <summary>Set while its owner is asked to hand it over.</summary>
    public HandOver? HandOver { get; set; }

    public bool HasEnded => Checkpoint.IsShardEnd;

    public void SetCheckpoint(LeaseCheckpoint value)
    {
        Checkpoint = value;
        Row = Row with { Checkpoint = CheckpointRow.Of(value), Pending = null, OwnerSwitchesSinceCheckpoint = 0, BytesPerSecond = BytesPerSecond };
    }
}
