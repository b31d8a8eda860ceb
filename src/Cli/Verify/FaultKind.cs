namespace Broker.Cli.Verify;

/// <summary>What can be wrong with a record that was read back, or was not.</summary>
internal enum FaultKind
{
    /// <summary>Acknowledged and never read, or in the log and skipped by a reader.</summary>
    Lost,

    /// <summary>Read twice by one reader.</summary>
    Doubled,

    /// <summary>Read after a later one of its partition key.</summary>
    OutOfOrder,

    /// <summary>Read with a sequence number not above the one before it in its shard, or not above those of the shard's parents.</summary>
    NotRising,

    /// <summary>Read in another shard or with another sequence number than it was acknowledged with, or than another reader read it with.</summary>
    Misplaced,

    /// <summary>Read in a shard before its parents were read to their ends.</summary>
    ChildFirst,

    /// <summary>Read by a reader, and not in the log afterwards: it was never durable.</summary>
    Vanished,

    /// <summary>Read, and never sent.</summary>
    Invented,
}
