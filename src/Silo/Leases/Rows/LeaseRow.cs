namespace Broker.Silo.Leases.Rows;

/// <summary>A lease; the key says of which stream generation and shard.</summary>
public sealed record LeaseRow
{
    /// <summary>The worker's id; null for nobody.</summary>
    public string? Owner { get; set; }

    /// <summary>The worker's call.</summary>
    public Guid? Session { get; set; }

    /// <summary>Rises with every change of owner or call.</summary>
    public long Counter { get; set; }

    public CheckpointRow Checkpoint { get; set; } = new();

    public CheckpointRow? Pending { get; set; }

    /// <summary>Indexes of the shard's parents.</summary>
    public int[]? Parents { get; set; }

    public int OwnerSwitchesSinceCheckpoint { get; set; }

    /// <summary>As of the last write.</summary>
    public double BytesPerSecond { get; set; }
}
