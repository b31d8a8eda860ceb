namespace Broker.Contracts.Leases;

/// <summary>The kinds of checkpoints. Stored and sent by number.</summary>
public enum CheckpointType
{
    /// <summary>Nothing is processed; begins at the oldest record.</summary>
    TrimHorizon = 1,

    /// <summary>Nothing is processed; begins after the newest record of when it is first read.</summary>
    Latest = 2,

    /// <summary>Nothing is processed; begins at a time.</summary>
    AtTimestamp = 3,

    /// <summary>Processed up to a record.</summary>
    SequenceNumber = 4,

    /// <summary>Processed to the shard's end.</summary>
    ShardEnd = 5,
}
