namespace Broker.Cli.Verify;

/// <summary>What can be wrong with a record that was read back, or was not.</summary>
internal enum FaultKind
{
    /// <summary>Acknowledged and never read.</summary>
    Lost,

    /// <summary>Read twice by one reader.</summary>
    Doubled,

    /// <summary>Read after a later one of its partition key, or with a sequence number not above the one before it in its shard.</summary>
    OutOfOrder,

    /// <summary>Read in another shard or with another sequence number than it was acknowledged with.</summary>
    Misplaced,
}
