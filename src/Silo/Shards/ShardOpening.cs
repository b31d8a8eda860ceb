namespace Broker.Silo.Shards;

/// <summary>Why a shard's log was opened; the metric's <c>reason</c>.</summary>
internal enum ShardOpening
{
    /// <summary>Nothing was ever written to it.</summary>
    First,

    /// <summary>Its last owner handed it over.</summary>
    Handover,

    /// <summary>Its last owner is gone, or lost it, or failed to commit: what was not handed over is read from the log.</summary>
    Takeover,
}
