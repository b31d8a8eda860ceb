namespace Broker.Kcl.Consumer;

/// <summary>The kinds of checkpoints.</summary>
public enum CheckpointKind
{
    /// <summary>Nothing is processed; begins at the oldest record.</summary>
    TrimHorizon,

    /// <summary>Nothing is processed; begins after the newest record of when it was first read.</summary>
    Latest,

    /// <summary>Nothing is processed; begins at a time.</summary>
    AtTimestamp,

    /// <summary>Processed up to a record.</summary>
    SequenceNumber,

    /// <summary>Processed to the shard's end.</summary>
    ShardEnd,
}
