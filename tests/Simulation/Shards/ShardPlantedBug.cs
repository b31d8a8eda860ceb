namespace Broker.Tests.Simulation.Shards;

/// <summary>Faults that are switched on to prove that the checker sees them.</summary>
internal enum ShardPlantedBug
{
    None,

    /// <summary>A shard's snapshot is taken for empty when it is opened.</summary>
    SnapshotForgotten,

    /// <summary>A child does not read its parents' seals.</summary>
    NotInherited,

    /// <summary>A session goes on after an append of unknown outcome.</summary>
    ContinuedAfterUncertain,

    /// <summary>Appends are acknowledged, and can be read, when their write begins.</summary>
    AcknowledgedEarly,

    /// <summary>A child's first stamp is the clock's, not at least its parents' last.</summary>
    StampsNotRaised,

    /// <summary>A new owner does not fence the last one.</summary>
    ForgotEpoch,
}
